/** The certificate request, made on the node. Loads the X.509 library: long-lived processes run it as a child. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto } from "node:crypto";
import { cryptoProvider, Pkcs10CertificateRequestGenerator } from "./x509.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export interface KeyAndRequest {
  /** PKCS #8, PEM */
  key: string;
  /** PKCS #10, PEM */
  csr: string;
}

/** A new key on P-256 and the request for its certificate. */
export async function makeKeyAndRequest(): Promise<KeyAndRequest> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { key, csr: await makeRequest(key) };
}

/** The request for the certificate of a key that exists. The controller chooses the name; the one here is a hint. */
export async function makeRequest(key: string): Promise<string> {
  cryptoProvider.set(webcrypto);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=berth-agent",
    keys: await importKeys(key),
    signingAlgorithm: algorithm,
  });
  return request.toString("pem");
}

async function importKeys(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const key = createPrivateKey(pem);
  const pkcs8 = key.export({ type: "pkcs8", format: "der" });
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const [privateKey, publicKey] = await Promise.all([
    webcrypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]),
    webcrypto.subtle.importKey("spki", spki, algorithm, true, ["verify"]),
  ]);
  return { privateKey, publicKey };
}
