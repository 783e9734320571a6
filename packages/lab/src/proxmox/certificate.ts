// oxlint-disable-next-line import/no-unassigned-import -- the certificate library needs the polyfill loaded first
import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { readIfPresent, writeWhole } from "../host/files.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 86_400_000;

export interface CertificateFiles {
  /** The authority's certificate. */
  caFile: string;
  certificateFile: string;
  keyFile: string;
}

export function certificateFiles(directory: string): CertificateFiles {
  return {
    caFile: join(directory, "pve-root-ca.pem"),
    certificateFile: join(directory, "pve-ssl.pem"),
    keyFile: join(directory, "pve-ssl.key"),
  };
}

export interface CertificateNames {
  addresses: string[];
  dnsNames: string[];
}

/** Makes an authority and a server certificate for the given names, as a fresh Proxmox VE does; keeps those that exist. */
export function ensureCertificate(directory: string, names: CertificateNames): Promise<CertificateFiles> {
  return ensureServerCertificate(certificateFiles(directory), names, {
    authority: "CN=Proxmox Virtual Environment,O=PVE Cluster Manager CA",
    server: "CN=pve,O=Proxmox Virtual Environment",
  });
}

/** The same for any server of the lab: each has an authority of its own, under the given subjects. */
export async function ensureServerCertificate(
  files: CertificateFiles,
  names: CertificateNames,
  subjects: { authority: string; server: string },
): Promise<CertificateFiles> {
  const present = await Promise.all(Object.values(files).map((path) => readIfPresent(path)));
  if (present.every((content) => content !== undefined)) return files;
  const notBefore = new Date(Date.now() - dayMs);
  const notAfter = new Date(Date.now() + 3650 * dayMs);
  const authorityKeys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(16).toString("hex"),
    name: subjects.authority,
    notBefore,
    notAfter,
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  const serverKeys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomBytes(16).toString("hex"),
    subject: subjects.server,
    issuer: authority.subject,
    notBefore,
    notAfter,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...names.addresses.map((value) => ({ type: "ip" as const, value })),
        ...names.dnsNames.map((value) => ({ type: "dns" as const, value })),
      ]),
    ],
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", serverKeys.privateKey), "PRIVATE KEY");
  await writeWhole(files.keyFile, `${key}\n`);
  await writeWhole(files.certificateFile, `${certificate.toString("pem")}\n`, 0o644);
  await writeWhole(files.caFile, `${authority.toString("pem")}\n`, 0o644);
  return files;
}
