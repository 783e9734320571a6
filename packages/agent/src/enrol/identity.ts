/** Who this node is: written at enrolment, read at each connection. */
import { X509Certificate } from "node:crypto";
import { BerthError } from "@berth/shared/errors";
import { nameSchema } from "@berth/shared/names";
import * as z from "zod";
import { type AgentConfig, caFile, enrolmentFile, identityFile } from "../config.ts";
import { readIfPresent, writeAtomically } from "../files.ts";

export interface Identity {
  node: string;
  /** https://host:port */
  controller: string;
  /** PEM; the only authority this agent trusts. */
  ca: string;
  certificate: string;
  /** PEM; never leaves the node. */
  key: string;
}

const enrolmentSchema = z.strictObject({ node: nameSchema, controller: z.url() });
const blocks = /-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----\n?/g;

/** Key and certificate share one file, so that both change in one rename. Enrolment is complete when it is there. */
export async function writeIdentity(config: AgentConfig, identity: Identity): Promise<void> {
  const { node, controller, ca } = identity;
  await writeAtomically(caFile(config), ca);
  await writeAtomically(enrolmentFile(config), `${JSON.stringify({ node, controller })}\n`);
  await writeKeyAndCertificate(config, identity.key, identity.certificate);
}

export async function writeKeyAndCertificate(config: AgentConfig, key: string, certificate: string): Promise<void> {
  await writeAtomically(identityFile(config), `${key.trim()}\n${certificate.trim()}\n`);
}

/** Null when this node is not enrolled. */
export async function readIdentity(config: AgentConfig): Promise<Identity | null> {
  const [pair, ca, enrolment] = await Promise.all([
    readIfPresent(identityFile(config)),
    readIfPresent(caFile(config)),
    readIfPresent(enrolmentFile(config)),
  ]);
  if (pair === null || ca === null || enrolment === null) return null;
  const { node, controller } = enrolmentSchema.parse(JSON.parse(enrolment));
  const found = new Map([...pair.matchAll(blocks)].map(([block, name]) => [name, block]));
  const [key, certificate] = [found.get("PRIVATE KEY"), found.get("CERTIFICATE")];
  if (key === undefined || certificate === undefined) {
    throw new BerthError("unauthenticated", `${identityFile(config)} does not hold a key and a certificate.`, {
      hint: "Enrol this node again: remove the file, then berth node token.",
    });
  }
  return { node, controller, ca, certificate, key };
}

/** True when less than a third of the certificate's life is left. */
export function isDueForRenewal(certificate: string, now: number): boolean {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return to - now < (to - from) / 3;
}
