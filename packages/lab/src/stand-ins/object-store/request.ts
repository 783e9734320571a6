import type { IncomingMessage } from "node:http";
import { Refusal } from "./errors.ts";
import type { Identity } from "./identities.ts";
import { type Payload, openPayload, type PayloadSource } from "./payload.ts";
import { type Decision, type Question, decide } from "./policy.ts";
import { type Claim, decodePath, readClaim, type SignedRequest, type Signing, verify } from "./signature.ts";
import type { Store } from "./store.ts";

/** A request whose signature has been verified, or that nobody signed. */
export interface Request {
  method: string;
  /** Decoded, behind the first slash. */
  path: string;
  /** Of each name the first value. */
  query: ReadonlyMap<string, string>;
  /** By lower-case name. */
  header: (name: string) => string | undefined;
  headerNames: readonly string[];
  /** undefined: anonymous. */
  identity: Identity | undefined;
  /** Signed in its query, as a link that somebody was given. */
  isPresigned: boolean;
  openPayload: () => Payload;
  payloadSource: PayloadSource;
}

/** What the client gets; the body may be made while it is sent. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: string | Buffer | AsyncIterable<Buffer>;
}

/** Finds out who asks. Refuses a signature that is wrong, and an access key that is unknown or disabled. */
export function authenticate(incoming: IncomingMessage, store: Store): Request {
  const signed = readRequest(incoming);
  const claim = readClaim(signed);
  const { identity, signing } = claim === undefined ? {} : identify(signed, claim, store);
  const headerNames = Object.keys(incoming.headers);
  const payloadSource: PayloadSource = { header: signed.header, headerNames, body: incoming, signing };
  return {
    method: signed.method,
    path: decodePath(signed.rawPath).slice(1),
    query: new Map(signed.query.toReversed()),
    header: signed.header,
    headerNames,
    identity,
    isPresigned: claim?.expires !== undefined,
    payloadSource,
    openPayload: () => openPayload(payloadSource),
  };
}

function readRequest({ method = "GET", url = "/", headers }: IncomingMessage): SignedRequest {
  const [rawPath = "/", ...rest] = url.split("?");
  const query = [...new URLSearchParams(rest.join("?"))];
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(",") : value;
  };
  return { method, rawPath, query, header };
}

function identify(signed: SignedRequest, claim: Claim, store: Store): { identity: Identity; signing: Signing } {
  const identity = store.identities.find(claim.accessKey);
  if (identity === undefined) throw new Refusal("InvalidAccessKeyId");
  if (!identity.isEnabled) {
    throw new Refusal("InvalidAccessKeyId", "Your account is disabled; please contact your administrator.");
  }
  return { identity, signing: verify(signed, claim, identity.secretKey, store.now()) };
}

/** What the policies say to it; the root user may do everything. */
export function decisionOn(store: Store, identity: Identity | undefined, question: Question): Decision {
  if (identity?.isRoot === true) return "allow";
  if (identity !== undefined) return decide(store.identities.policiesOf(identity), question);
  const policy = question.bucket === undefined ? undefined : store.buckets.find(question.bucket)?.policy;
  return policy === undefined ? "undecided" : decide([policy], question);
}

export function isAllowed(store: Store, identity: Identity | undefined, question: Question): boolean {
  return decisionOn(store, identity, question) === "allow";
}

/** Refuses what is not allowed, before anything is said of what exists. */
export function demandAllowed(store: Store, { identity }: Request, question: Question): void {
  if (!isAllowed(store, identity, question)) throw new Refusal("AccessDenied");
}
