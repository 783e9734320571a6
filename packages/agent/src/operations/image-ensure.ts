/**
 * image.ensure: the image is present on the node. Tags are pinned: one that is there is not pulled again, unless it is
 * another one than was planned.
 */
import { BerthError } from "@berth/shared/errors";
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import type { Engine } from "../docker/engine.ts";
import { ensureRegistryCa } from "../docker/registry-ca.ts";
import type { OperationContext, OperationHandler } from "./context.ts";
import { throughOutages } from "./outage.ts";

export interface ImageDependencies {
  engine: Engine;
  /** Docker's certs.d. */
  registryCertificates: string;
}

export function imageEnsure({ engine, registryCertificates }: ImageDependencies): OperationHandler<"image.ensure"> {
  return async ({ image, digest, registryCa }, context) => {
    if (registryCa !== null) await ensureRegistryCa(registryCertificates, image, registryCa);
    return throughOutages(engine, context, () => ensureImage(engine, { image, digest }, context));
  };
}

type Wanted = Pick<OperationInput<"image.ensure">, "image" | "digest">;

async function ensureImage(
  engine: Engine,
  { image, digest }: Wanted,
  { signal, progress, phase }: OperationContext,
): Promise<OperationResult<"image.ensure">> {
  const present = await engine.imageId(image);
  const isWanted = digest === undefined || (await engine.imageDigests(image)).includes(digest);
  if (present !== null && isWanted) return { pulled: false, imageId: present };
  progress({ line: `pulling ${image}` });
  await phase("pull", image, () => engine.pullImage(image, progress, signal));
  const imageId = await engine.imageId(image);
  if (imageId === null) {
    throw new BerthError("image.unavailable", `${image} is not there although Docker has pulled it.`, {
      hint: "Was it removed at the same time, or is its platform another one?",
    });
  }
  await checkPulled(engine, { image, digest });
  return { pulled: true, imageId };
}

/** Somebody may have moved the tag since the plan was made: then nodes would get different images. */
async function checkPulled(engine: Engine, { image, digest }: Wanted): Promise<void> {
  if (digest === undefined) return;
  const found = await engine.imageDigests(image);
  if (found.includes(digest)) return;
  const what = found.length === 0 ? "an image without a digest" : found.join(" and ");
  throw new BerthError("image.not-found", `${image} is ${what} to this node, and was ${digest} when it was planned.`, {
    hint: "Its tag was moved meanwhile, or the node pulls from elsewhere. Nothing was stopped: plan it again in some minutes.",
  });
}
