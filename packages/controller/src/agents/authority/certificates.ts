/** How Berth's certificates look: the authority's own, the controller's (server) and the agents' (client). */
import { randomBytes, type webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
  type JsonGeneralName,
  type PublicKey,
} from "./x509.ts";

export const dayMilliseconds = 86_400_000;
export const authorityDays = 3652;
export const serverDays = 365;
export const agentDays = 90;
/** Certificates are valid from a day ago, so that a node whose clock is behind can still use them. */
export const backdatedMilliseconds = dayMilliseconds;

export const keyAlgorithm = { name: "ECDSA", namedCurve: "P-256" } as const;
const signingAlgorithm = { name: "ECDSA", hash: "SHA-256" } as const;

/** Who signs: the authority's certificate with its private key. */
export interface Issuer {
  certificate: X509Certificate;
  key: webcrypto.CryptoKey;
}

export function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(keyAlgorithm, true, ["sign", "verify"]);
}

export async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return `${PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), PemConverter.PrivateKeyTag)}\n`;
}

/** PEM that ends with a newline: without it, a chain put together from two is no PEM. */
export function toPem(certificate: X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

export function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return crypto.subtle.importKey("pkcs8", PemConverter.decodeFirst(pem), keyAlgorithm, false, ["sign"]);
}

export async function makeAuthorityCertificate(keys: webcrypto.CryptoKeyPair, now: number): Promise<X509Certificate> {
  return X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: [{ CN: [`Berth authority ${randomBytes(4).toString("hex")}`] }],
    ...validity(now, authorityDays),
    keys,
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
}

/** For the controller's HTTPS server. `names` are DNS names and IP addresses by which agents reach it. */
export function makeServerCertificate(
  issuer: Issuer,
  publicKey: webcrypto.CryptoKey,
  names: readonly string[],
  now: number,
) {
  return makeLeaf(issuer, publicKey, {
    commonName: "berth controller",
    days: serverDays,
    now,
    extensions: [
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names.map(generalName)),
    ],
  });
}

/** For one agent. Nothing in it comes from the node but the public key. */
export function makeAgentCertificate(issuer: Issuer, publicKey: PublicKey, node: string, now: number) {
  return makeLeaf(issuer, publicKey, {
    commonName: node,
    days: agentDays,
    now,
    extensions: [
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension([{ type: "url", value: `berth:node:${node}` }]),
    ],
  });
}

interface Leaf {
  commonName: string;
  days: number;
  now: number;
  extensions: Extension[];
}

async function makeLeaf(
  issuer: Issuer,
  publicKey: webcrypto.CryptoKey | PublicKey,
  leaf: Leaf,
): Promise<X509Certificate> {
  return X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: [{ CN: [leaf.commonName] }],
    issuer: issuer.certificate.subjectName.toJSON(),
    ...validity(leaf.now, leaf.days),
    publicKey,
    signingKey: issuer.key,
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.certificate),
      ...leaf.extensions,
    ],
  });
}

function validity(now: number, days: number): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(now - backdatedMilliseconds),
    notAfter: new Date(now + days * dayMilliseconds),
  };
}

/** 16 random bytes, the first without leading zeros or sign bit, so that every library writes it the same way. */
function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes.readUInt8(0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

function generalName(name: string): JsonGeneralName {
  return isIP(name) === 0 ? { type: "dns", value: name } : { type: "ip", value: name };
}
