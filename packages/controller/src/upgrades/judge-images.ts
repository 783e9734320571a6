/** Whether the images of a new version exist, asked before anything is done. */
import { shortDigests } from "@berth/shared/catalog/version-digest";
import { BerthError } from "@berth/shared/errors";
import type { Fleet } from "@berth/shared/fleet/schema";
import { isImagePresent, type Observed } from "../plan/observed.ts";
import type { ImageAnswer } from "../registry/image-lookup.ts";
import type { Move } from "../plan/moves.ts";

export interface ImageJudgement {
  fleet: Fleet;
  observed: Observed;
  lookUp: (images: readonly string[], fleet: Fleet) => Promise<ReadonlyMap<string, ImageAnswer>>;
}

/**
 * What registries say of images that some node lacks, and what is to be known of it. Throws `image.not-found` for one that
 * its registry does not have either.
 */
export async function judgeImages(
  moves: readonly Move[],
  { fleet, observed, lookUp }: ImageJudgement,
): Promise<{ answers: ReadonlyMap<string, ImageAnswer>; warnings: string[] }> {
  const missing = [...new Set(moves.flatMap((move) => imagesToPull(move, observed)))];
  const answers = missing.length === 0 ? new Map<string, ImageAnswer>() : await lookUp(missing, fleet);
  const warnings = [...answers].flatMap(([image, answer]) => {
    if (answer.kind === "missing") throw imageMissing(image, answer);
    return answer.kind === "unknown"
      ? [`whether ${shortDigests(image)} can be pulled is not known: ${answer.reason}`]
      : [];
  });
  return { answers, warnings };
}

function imagesToPull({ spec }: Move, { nodes }: Observed): string[] {
  const present = nodes.get(spec.node)?.images ?? "unseen";
  const images = spec.containers.map(({ image }) => image);
  return present === "unseen" ? images : images.filter((image) => !isImagePresent(present, image));
}

function imageMissing(image: string, { reason, nearest }: Extract<ImageAnswer, { kind: "missing" }>): BerthError {
  const hint =
    nearest.length === 0
      ? "Nothing was changed. Ask for a version that exists"
      : `Nothing was changed. It has ${nearest.map((tag) => `'${tag}'`).join(", ")}`;
  return new BerthError("image.not-found", `The image ${image} does not exist: ${reason}`, { hint });
}
