/**
 * Enrolment: a join token buys one client certificate, once.
 *
 * The token is used up by the first key that comes with it, in one SQL statement. Should the answer be lost on its way,
 * the same token with the same key gets the same certificate again for `repeatMilliseconds`: an interrupted enrolment
 * converges, while a stolen token with another key stays worthless.
 */
import { BerthError } from "@berth/shared/errors";
import { nameSchema } from "@berth/shared/names";
import { enrolRequestSchema, enrolResponseSchema, parseJoinToken } from "@berth/shared/protocol/enrolment";
import type { Logger } from "pino";
import * as z from "zod";
import type { Authority } from "../authority/authority.ts";
import type { AgentStore } from "../store.ts";
import type { Clock } from "../clock.ts";
import { RateLimit } from "./rate-limit.ts";
import { hashSecret, makeJoinToken } from "./token.ts";

export const repeatMilliseconds = 15 * 60_000;

export interface EnrolRequest {
  /** The parsed JSON body, not validated yet */
  body: unknown;
  remoteAddress: string;
}
export type EnrolResponse = z.output<typeof enrolResponseSchema>;

export interface JoinTokenRequest {
  node: string;
  validSeconds: number;
}

export interface EnrolmentOptions {
  store: AgentStore;
  authority: Authority;
  logger: Logger;
  clock: Clock;
}

export interface Enrolment {
  createJoinToken(request: JoinTokenRequest): Promise<{ token: string; expiresAt: Date }>;
  /** @throws BerthError token.invalid, request.invalid, rate.limited */
  enrol(request: EnrolRequest): Promise<EnrolResponse>;
}

export function createEnrolment({ store, authority, logger, clock }: EnrolmentOptions): Enrolment {
  // Only failures count: a rack of nodes behind one address may enrol at once.
  const failures = new RateLimit({ clock, burst: 10, perMinute: 10 });

  async function createJoinToken({
    node,
    validSeconds,
  }: JoinTokenRequest): Promise<{ token: string; expiresAt: Date }> {
    const { token, ...secrets } = makeJoinToken(authority.caFingerprint);
    const createdAt = clock.now();
    const expiresAt = createdAt + validSeconds * 1000;
    await store.addJoinToken({ ...secrets, node: nameSchema.parse(node), createdAt, expiresAt });
    return { token, expiresAt: new Date(expiresAt) };
  }

  async function enrol({ body, remoteAddress }: EnrolRequest): Promise<EnrolResponse> {
    if (!failures.allows(remoteAddress)) {
      throw new BerthError("rate.limited", "Too many enrolments from this address failed", {
        hint: "Wait a minute, then try again with a new join token.",
      });
    }
    try {
      return await exchange(body);
    } catch (error) {
      failures.take(remoteAddress);
      logger.warn({ remoteAddress, err: error }, "an enrolment failed");
      throw error;
    }
  }

  async function exchange(body: unknown): Promise<EnrolResponse> {
    const { token, csr } = parseBody(body);
    const { id, secret, caFingerprint } = parseJoinToken(token);
    if (caFingerprint !== authority.caFingerprint) throw invalidToken("The join token is another controller's");
    const now = clock.now();
    const secretHash = hashSecret(secret);
    await checkToken(id, secretHash, now);
    // The request comes before the claim, so that a mistake in it does not use the token up.
    const { publicKeyHash } = await authority.checkRequest(csr);
    const claimed = await store.claimJoinToken({
      id,
      secretHash,
      publicKeyHash,
      now,
      repeatableSince: now - repeatMilliseconds,
    });
    if (claimed === undefined) throw invalidToken("The join token has been used");
    const certificate = claimed.certificate ?? (await issue(id, csr, claimed.node, now));
    logger.info({ node: claimed.node, token: id }, "a node enrolled");
    return { node: claimed.node, certificate, ca: authority.caPem };
  }

  /** Says what is wrong with the token, and only to those who know its secret. The claim decides. */
  async function checkToken(id: string, secretHash: string, now: number): Promise<void> {
    const known = await store.findJoinToken(id);
    if (known === undefined || known.secretHash !== secretHash) throw invalidToken("The join token is not known here");
    if (known.usedAt === null && known.expiresAt <= now) throw invalidToken("The join token has expired");
  }

  async function issue(tokenId: string, csr: string, node: string, now: number): Promise<string> {
    const issued = await authority.issueAgentCertificate({ csr, node });
    const record = { serial: issued.serial, node, enrolment: tokenId, issuedAt: now, notAfter: issued.notAfter };
    return store.completeEnrolment(tokenId, record, issued.certificate);
  }

  return { createJoinToken, enrol };
}

function parseBody(body: unknown): z.output<typeof enrolRequestSchema> {
  const parsed = enrolRequestSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.path[0] === "token") throw invalidToken("This is not a join token");
  // The issue's message may quote the input: say only where it is.
  throw new BerthError("request.invalid", `The enrolment request is malformed at '${issue?.path.join(".") ?? ""}'`, {
    hint: "The agent and the controller must be of the same version.",
  });
}

function invalidToken(message: string): BerthError {
  return new BerthError("token.invalid", message, {
    hint: "A token works once and for a limited time. Make a new one with 'berth node token'.",
  });
}
