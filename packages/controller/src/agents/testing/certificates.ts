/** Keys and certificate requests as an agent makes them, also wrong ones. For tests. */
import { KeyObject, type webcrypto } from "node:crypto";
import { Pkcs10CertificateRequestGenerator } from "../authority/x509.ts";

export interface RequestOptions {
  commonName?: string;
  namedCurve?: "P-256" | "P-384";
  /** Sign with a key that does not belong to the request. */
  foreignSignature?: boolean;
}

export interface KeyAndRequest {
  key: string;
  publicKey: string;
  csr: string;
}

export async function makeKeyAndRequest(options: RequestOptions = {}): Promise<KeyAndRequest> {
  const { commonName = "agent", namedCurve = "P-256", foreignSignature = false } = options;
  const keys = await generateKeys(namedCurve);
  const signer = foreignSignature ? await generateKeys(namedCurve) : keys;
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }],
    keys: { publicKey: keys.publicKey, privateKey: signer.privateKey },
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  return {
    key: KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: KeyObject.from(keys.publicKey).export({ type: "spki", format: "pem" }).toString(),
    csr: request.toString("pem"),
  };
}

function generateKeys(namedCurve: string): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: "ECDSA", namedCurve }, true, ["sign", "verify"]);
}
