/** Trust for a registry with an own CA: Docker reads certs.d/<host:port>/ca.crt at each pull. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { readIfPresent, writeAtomically } from "../files.ts";
import { registryOf } from "./references.ts";

/** Makes Docker trust `pem` for the image's registry. True when that was new. */
export async function ensureRegistryCa(directory: string, reference: string, pem: string): Promise<boolean> {
  const registry = registryOf(reference);
  if (registry === null || !/^[a-zA-Z0-9.:[\]-]+$/.test(registry) || registry.startsWith(".")) {
    throw new BerthError("request.invalid", `${reference} names no registry that a certificate could be for.`);
  }
  const path = join(directory, registry, "ca.crt");
  if ((await readIfPresent(path)) === pem) return false;
  await mkdir(join(directory, registry), { recursive: true, mode: 0o755 });
  await writeAtomically(path, pem, 0o644);
  return true;
}
