import { BerthError } from "@berth/shared/errors";
import { exportKey, generateKeys, makeServerCertificate, toPem, type Issuer } from "./certificates.ts";
import { readKeyPair, replaceKeyPair } from "./key-files.ts";
import { SubjectAlternativeNameExtension, X509Certificate } from "./x509.ts";

export interface ServerCertificate {
  /** PKCS #8 PEM */
  key: string;
  /** PEM */
  certificate: string;
  /** Milliseconds since the epoch */
  notAfter: number;
}

export interface ServerCertificateRequest {
  issuer: Issuer;
  path: string;
  names: readonly string[];
  now: number;
}

/** The certificate kept at `path` while it fits; otherwise a new one, which replaces it. */
export async function ensureServerCertificate(request: ServerCertificateRequest): Promise<ServerCertificate> {
  const names = [...new Set(request.names)].toSorted();
  if (names.length === 0) {
    throw new BerthError("request.invalid", "The controller's certificate needs a name or address", {
      hint: "Give the address by which agents reach the controller.",
    });
  }
  const kept = await readKeyPair(request.path);
  if (kept !== undefined) {
    const certificate = new X509Certificate(kept.certificate);
    if (await stillFits(certificate, names, request)) return { ...kept, notAfter: certificate.notAfter.getTime() };
  }
  const keys = await generateKeys();
  const certificate = await makeServerCertificate(request.issuer, keys.publicKey, names, request.now);
  const pair = { key: await exportKey(keys.privateKey), certificate: toPem(certificate) };
  await replaceKeyPair(request.path, pair);
  return { ...pair, notAfter: certificate.notAfter.getTime() };
}

async function stillFits(
  certificate: X509Certificate,
  names: readonly string[],
  { issuer, now }: ServerCertificateRequest,
): Promise<boolean> {
  const life = certificate.notAfter.getTime() - certificate.notBefore.getTime();
  if (now < certificate.notBefore.getTime() || now > certificate.notAfter.getTime() - life / 3) return false;
  const present = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items.map((name) => name.value);
  if (present?.toSorted().join("\n") !== names.join("\n")) return false;
  return certificate.verify({ publicKey: await issuer.certificate.publicKey.export(), signatureOnly: true });
}
