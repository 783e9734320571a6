/** The controller's own certificate authority: what makes an agent and its controller know each other. */
import { createHash, createPublicKey } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { nameSchema } from "@berth/shared/names";
import * as z from "zod";
import type { Clock } from "../clock.ts";
import {
  exportKey,
  generateKeys,
  importKey,
  makeAgentCertificate,
  makeAuthorityCertificate,
  toPem,
  type Issuer,
} from "./certificates.ts";
import { createKeyPairOnce, readKeyPair, type KeyPairPem } from "./key-files.ts";
import { ensureServerCertificate, type ServerCertificate } from "./server-certificate.ts";
import { Pkcs10CertificateRequest, X509Certificate } from "./x509.ts";

export interface AgentCertificate {
  /** PEM */
  certificate: string;
  /** Lower-case hexadecimal, unique among all certificates of the authority */
  serial: string;
  /** SHA-256 (hex) of the public key: knows a repeated request */
  publicKeyHash: string;
  /** Milliseconds since the epoch */
  notAfter: number;
}

export interface Authority {
  /** The authority's certificate, PEM: what agents and the server's `ca` option trust. */
  readonly caPem: string;
  /** SHA-256 of the DER certificate, lower-case hexadecimal: what a join token carries. */
  readonly caFingerprint: string;
  /**
   * Key and certificate for the HTTPS server, kept on disk. A new one is made when the names change or a third of the
   * life is left, so call it at start and once a day, and give a changed one to `server.setSecureContext`.
   */
  issueServerCertificate(names: readonly string[]): Promise<ServerCertificate>;
  /**
   * SHA-256 of the request's public key, after its signature was checked.
   * @throws BerthError request.invalid
   */
  checkRequest(csr: string): Promise<{ publicKeyHash: string }>;
  /**
   * A client certificate for the node, valid 90 days. Only the public key is taken from the request.
   * @throws BerthError request.invalid
   */
  issueAgentCertificate(request: { csr: string; node: string }): Promise<AgentCertificate>;
}

export interface AuthorityOptions {
  /** Made with mode 0700; holds `authority.pem` and `server.pem`, mode 0600 */
  directory: string;
  clock?: Clock;
}

/** Opens the authority of the directory, or creates it there at the first start. */
export async function openAuthority({ directory, clock = Date }: AuthorityOptions): Promise<Authority> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const path = join(directory, "authority.pem");
  const pair = (await readKeyPair(path)) ?? (await createKeyPairOnce(path, await makeAuthority(clock.now())));
  const issuer: Issuer = { certificate: new X509Certificate(pair.certificate), key: await importKey(pair.key) };
  return {
    caPem: pair.certificate,
    caFingerprint: createHash("sha256").update(new Uint8Array(issuer.certificate.rawData)).digest("hex"),
    issueServerCertificate: (names) =>
      ensureServerCertificate({ issuer, path: join(directory, "server.pem"), names, now: clock.now() }),
    checkRequest: async (csr) => ({ publicKeyHash: hashPublicKey(await readRequest(csr)) }),
    issueAgentCertificate: ({ csr, node }) => issueAgentCertificate(issuer, csr, node, clock.now()),
  };
}

async function makeAuthority(now: number): Promise<KeyPairPem> {
  const keys = await generateKeys();
  const certificate = await makeAuthorityCertificate(keys, now);
  return { key: await exportKey(keys.privateKey), certificate: toPem(certificate) };
}

async function issueAgentCertificate(
  issuer: Issuer,
  csr: string,
  node: string,
  now: number,
): Promise<AgentCertificate> {
  const request = await readRequest(csr);
  const certificate = await makeAgentCertificate(issuer, request.publicKey, nameSchema.parse(node), now);
  return {
    certificate: toPem(certificate),
    serial: certificate.serialNumber.toLowerCase(),
    publicKeyHash: hashPublicKey(request),
    notAfter: certificate.notAfter.getTime(),
  };
}

const requestSchema = z
  .string()
  .max(8192)
  .regex(/^\s*-----BEGIN CERTIFICATE REQUEST-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE REQUEST-----\s*$/);

/** Parses a certificate request and checks that its sender holds the private key. */
async function readRequest(csr: string): Promise<Pkcs10CertificateRequest> {
  const pem = requestSchema.safeParse(csr);
  if (!pem.success) throw invalidRequest("The certificate request is not a PEM 'CERTIFICATE REQUEST'");
  try {
    const request = new Pkcs10CertificateRequest(pem.data);
    if (!isAllowedKey(request)) throw invalidRequest("The certificate request's key is not on the curve P-256");
    if (await request.verify()) return request;
  } catch (error) {
    if (error instanceof BerthError) throw error;
    throw invalidRequest("The certificate request cannot be read", error);
  }
  throw invalidRequest("The certificate request is not signed by the key it carries");
}

function isAllowedKey(request: Pkcs10CertificateRequest): boolean {
  const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: "der", type: "spki" });
  return key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1";
}

function hashPublicKey(request: Pkcs10CertificateRequest): string {
  return createHash("sha256").update(new Uint8Array(request.publicKey.rawData)).digest("hex");
}

function invalidRequest(message: string, cause?: unknown): BerthError {
  return new BerthError("request.invalid", message, {
    hint: "Let the agent make a new key and request: an ECDSA key on P-256, signed with SHA-256.",
    cause,
  });
}
