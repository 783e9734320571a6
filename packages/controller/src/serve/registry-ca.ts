/** The CA of the registry that the fleet's images come from. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { BerthError, toBerthError } from "@berth/shared/errors";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { ServeOptions } from "./options.ts";

/** Throws `request.invalid` for a file that cannot be read: without it no node could pull an image. */
export async function readRegistryCa(options: ServeOptions, { images: { caFile } }: Fleet): Promise<string | null> {
  const file = caFile === undefined ? options.registryMirrorCaFile : resolve(options.configurationDirectory, caFile);
  if (file === null) return null;
  return readFile(file, "utf8").catch((cause: unknown) => {
    const reason = toBerthError(cause).message;
    throw new BerthError("request.invalid", `The CA of the image registry cannot be read: ${reason}`, {
      hint: "images.caFile in the fleet file, or --registry-mirror-ca of `berth serve`, names it",
      cause,
    });
  });
}
