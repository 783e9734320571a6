// oxlint-disable-next-line import/no-unassigned-import -- the certificate library needs the polyfill loaded first
import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { readIfPresent, writeWhole } from "../host/files.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 86_400_000;
/** As Traefik names the certificate that it makes for itself. */
const defaultName = "traefik.default";

/** The router's own authority: certificates come and go with the routes, what they are measured by stays. */
export interface RouterAuthority {
  /** PEM file of its certificate: `routes.router.caFile` of a fleet. */
  caFile: string;
  /** PEM of the same. */
  ca: string;
  /** A certificate for these host names, and its key; both PEM. */
  issue: (hosts: readonly string[]) => Promise<{ cert: string; key: string }>;
}

/** Makes the authority, or opens the one that the directory holds. */
export async function ensureRouterAuthority(directory: string): Promise<RouterAuthority> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const caFile = join(directory, "ca.pem");
  const keyFile = join(directory, "ca.key");
  const [ca, key] = [await readIfPresent(caFile), await readIfPresent(keyFile)];
  if (ca !== undefined && key !== undefined) return openAuthority(caFile, ca, key);
  const made = await makeAuthority();
  await writeWhole(keyFile, made.key);
  await writeWhole(caFile, made.ca, 0o644);
  return openAuthority(caFile, made.ca, made.key);
}

async function makeAuthority(): Promise<{ ca: string; key: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(16).toString("hex"),
    name: "CN=Berth lab router authority",
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + 3650 * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return { ca: `${certificate.toString("pem")}\n`, key: await exportKey(keys.privateKey) };
}

async function openAuthority(caFile: string, ca: string, key: string): Promise<RouterAuthority> {
  const authority = new x509.X509Certificate(ca);
  const signingKey = await webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(key), algorithm, false, [
    "sign",
  ]);
  return {
    caFile,
    ca,
    async issue(hosts) {
      const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: randomBytes(16).toString("hex"),
        subject: "CN=Berth lab router",
        issuer: authority.subject,
        notBefore: new Date(Date.now() - dayMs),
        notAfter: new Date(Date.now() + 365 * dayMs),
        publicKey: keys.publicKey,
        signingKey,
        signingAlgorithm: algorithm,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(
            [defaultName, ...hosts].map((value) => ({ type: "dns" as const, value })),
          ),
        ],
      });
      return { cert: `${certificate.toString("pem")}\n${ca}`, key: await exportKey(keys.privateKey) };
    },
  };
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}
