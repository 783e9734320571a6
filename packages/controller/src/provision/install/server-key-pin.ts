import { createHash, X509Certificate } from "node:crypto";

/** What `curl --pinnedpubkey sha256//…` compares: SHA-256 of the certificate's public key (SPKI, DER), base64. */
export function serverKeyPin(certificatePem: string): string {
  const { publicKey } = new X509Certificate(certificatePem);
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
}
