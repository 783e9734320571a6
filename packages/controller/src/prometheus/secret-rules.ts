/** What the secret of remote write is, for those who look at secrets or set them. */
import { remoteWriteSecretName } from "@berth/shared/fleet/metrics";
import type { Secret } from "@berth/shared/secret";
import { urlOf } from "../outbound/post.ts";

export function isRemoteWriteSecret(name: string): boolean {
  return name === remoteWriteSecretName;
}

/** One that cannot be used is refused while the person who has it is there. Throws a BerthError. */
export function checkRemoteWriteSecret(value: Secret): void {
  urlOf(value, "The value");
}
