/** Images are what the catalog pinned, not only what their tag leads to today: checked before anything is stopped. */
import { BerthError } from "@berth/shared/errors";
import type { ContainerSpec } from "@berth/shared/operations/instance-spec";
import type { Engine } from "../docker/engine.ts";

/** @throws BerthError image.not-found for the first container whose image has another digest than the pinned one */
export async function checkDigests(
  engine: Pick<Engine, "imageDigests">,
  containers: readonly Pick<ContainerSpec, "image" | "digest">[],
): Promise<void> {
  for (const { image, digest } of containers) {
    if (digest === undefined) continue;
    const found = await engine.imageDigests(image);
    if (found.includes(digest)) continue;
    const what = found.length === 0 ? "has no digest of a registry" : `is ${found.join(" and ")}`;
    throw new BerthError("image.not-found", `The image ${image} ${what} on this node, and ${digest} is pinned.`, {
      hint: `Was its tag moved, or does a mirror offer another image? docker image rm ${image} has it pulled again; nothing was stopped.`,
    });
  }
}
