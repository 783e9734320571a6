/** Whether images exist, asked at most once in some minutes: a plan is often followed by the same plan. */
import { digestOf } from "@berth/shared/catalog/version-digest";
import { BerthError, toBerthError } from "@berth/shared/errors";
import pLimit from "p-limit";
import { nearestTags } from "./nearest-tags.ts";
import { locateImage } from "./reference.ts";
import { listTags, type RegistryOptions, resolveImage } from "./registry.ts";

export type ImageAnswer =
  /** `sha256:…` */
  | { kind: "present"; digest: string }
  /** `reason` is a phrase: "docker.io has no tag '9' of 'library/redis'". `nearest`: tags that exist, best first. */
  | { kind: "missing"; reason: string; nearest: string[] }
  /** The registry did not say. `reason` is a sentence. */
  | { kind: "unknown"; reason: string };

/**
 * By reference. Asks each registry once for each image, and gives what is known when the time is over. Images of a registry
 * on loopback are left out: to a node that is another than to the controller.
 */
export type ImageLookup = (images: readonly string[], ca: string | null) => Promise<Map<string, ImageAnswer>>;

export interface ImageLookupDependencies {
  resolve: (reference: string, options: RegistryOptions) => ReturnType<typeof resolveImage>;
  tags: (reference: string, options: RegistryOptions) => Promise<string[]>;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** For all images of one call. */
  totalMilliseconds: number;
}

/** Tags are pinned: what was there stays. A registry that was away may be back, and what was missing may be there now. */
const rememberedMilliseconds = { present: 5 * 60_000, unknown: 60_000, missing: 0 } as const;
const questionsAtATime = 8;

const defaults: ImageLookupDependencies = {
  resolve: resolveImage,
  tags: listTags,
  now: Date.now,
  totalMilliseconds: 8000,
};

export function createImageLookup(changes: Partial<ImageLookupDependencies> = {}): ImageLookup {
  const dependencies = { ...defaults, ...changes };
  const remembered = new Map<string, { answer: ImageAnswer; until: number }>();

  async function answerFor(image: string, options: Question): Promise<ImageAnswer> {
    // Whoever is asked with another CA may be trusted now.
    const key = JSON.stringify([image, options.ca]);
    const known = remembered.get(key);
    if (known !== undefined && known.until > dependencies.now()) return known.answer;
    const answer = await askFor(image, options, dependencies);
    remembered.set(key, { answer, until: dependencies.now() + rememberedMilliseconds[answer.kind] });
    return answer;
  }

  return async (images, ca) => {
    const limit = pLimit(questionsAtATime);
    const options = { ca, signal: AbortSignal.timeout(dependencies.totalMilliseconds) };
    const asked = [...new Set(images)]
      .filter((image) => !isOnNode(image))
      .map(async (image) => [image, await limit(() => answerFor(image, options))] as const);
    return new Map(await Promise.all(asked));
  };
}

interface Question {
  ca: string | null;
  signal: AbortSignal;
}

async function askFor(image: string, options: Question, dependencies: ImageLookupDependencies): Promise<ImageAnswer> {
  try {
    const found = await dependencies.resolve(image, options);
    if ("digest" in found) return { kind: "present", digest: found.digest };
    return { kind: "missing", ...(await explain(image, found.reason, options, dependencies)) };
  } catch (error) {
    const tooLate = `its registry did not answer within ${dependencies.totalMilliseconds / 1000} s`;
    return { kind: "unknown", reason: options.signal.aborted ? tooLate : toBerthError(error).message };
  }
}

/** With the tags that there are; many registries tell only now that they lack the whole repository. */
async function explain(
  image: string,
  reason: string,
  options: Question,
  { tags }: ImageLookupDependencies,
): Promise<{ reason: string; nearest: string[] }> {
  try {
    const found = await tags(image, options);
    // No tag is near to a digest.
    return { reason, nearest: digestOf(image) === null ? nearestTags(locateImage(image).version, found) : [] };
  } catch (error) {
    // Tags are help only: one that cannot list them has still said that it lacks this one.
    const lacksAll = error instanceof BerthError && error.code === "not-found";
    return { reason: lacksAll ? error.message : reason, nearest: [] };
  }
}

function isOnNode(image: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?\//.test(image);
}
