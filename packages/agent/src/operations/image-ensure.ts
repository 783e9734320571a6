/** image.ensure: the image is present on the node. Tags are pinned: one that is there is not pulled again. */
import { BerthError } from "@berth/shared/errors";
import type { OperationResult } from "@berth/shared/operations/index";
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
  return async ({ image, registryCa }, context) => {
    if (registryCa !== null) await ensureRegistryCa(registryCertificates, image, registryCa);
    return throughOutages(engine, context, () => ensureImage(engine, image, context));
  };
}

async function ensureImage(
  engine: Engine,
  image: string,
  { signal, progress }: OperationContext,
): Promise<OperationResult<"image.ensure">> {
  const present = await engine.imageId(image);
  if (present !== null) return { pulled: false, imageId: present };
  progress({ line: `pulling ${image}` });
  await engine.pullImage(image, progress, signal);
  const imageId = await engine.imageId(image);
  if (imageId === null) {
    throw new BerthError("image.unavailable", `${image} is not there although Docker has pulled it.`, {
      hint: "Was it removed at the same time, or is its platform another one?",
    });
  }
  return { pulled: true, imageId };
}
