/** Signature Version 4 as the server sees it: in the Authorization header, or in the query of a presigned URL. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { Refusal } from "./errors.ts";

/** The parts of a request that a signature covers. */
export interface SignedRequest {
  method: string;
  /** As sent, percent-encoded, without the query. */
  rawPath: string;
  /** Decoded names and values, in the order in which they were sent. */
  query: readonly (readonly [name: string, value: string])[];
  /** Lower-case names. */
  header: (name: string) => string | undefined;
}

/** What a verified signature leaves for the chunks of a streamed body. */
export interface Signing {
  /** Key of the day, derived from the secret. */
  key: Buffer;
  date: string;
  scope: string;
  signature: string;
}

export interface Claim {
  accessKey: string;
  date: string;
  scope: { day: string; region: string; service: string };
  signedHeaders: readonly string[];
  signature: string;
  /** Seconds; for presigned requests. */
  expires?: number;
}

const algorithm = "AWS4-HMAC-SHA256";
const skewMilliseconds = 15 * 60_000;
const longestPresigned = 7 * 24 * 3600;
export const emptyHash = createHash("sha256").digest("hex");

/** Who the request says it is from; undefined for an anonymous one. */
export function readClaim(request: SignedRequest): Claim | undefined {
  const authorization = request.header("authorization");
  if (authorization !== undefined) return readHeaderClaim(authorization, request);
  const query = new Map(request.query);
  return query.has("X-Amz-Algorithm") ? readQueryClaim(query) : undefined;
}

function readHeaderClaim(authorization: string, request: SignedRequest): Claim {
  if (!authorization.startsWith(algorithm)) {
    throw new Refusal("InvalidRequest", "The authorization mechanism is not supported. Please use AWS4-HMAC-SHA256.");
  }
  const fields = new Map(
    authorization
      .slice(algorithm.length)
      .split(",")
      .map((field) => {
        const [name = "", ...value] = field.trim().split("=");
        return [name, value.join("=")] as const;
      }),
  );
  return {
    ...readCredential(fields.get("Credential"), "AuthorizationHeaderMalformed"),
    date: request.header("x-amz-date") ?? "",
    signedHeaders: (fields.get("SignedHeaders") ?? "").split(";"),
    signature: fields.get("Signature") ?? "",
  };
}

function readQueryClaim(query: ReadonlyMap<string, string>): Claim {
  const expires = Number(query.get("X-Amz-Expires"));
  if (query.get("X-Amz-Algorithm") !== algorithm || !(expires > 0 && expires <= longestPresigned)) {
    throw new Refusal("AuthorizationQueryParametersError");
  }
  return {
    ...readCredential(query.get("X-Amz-Credential"), "AuthorizationQueryParametersError"),
    date: query.get("X-Amz-Date") ?? "",
    signedHeaders: (query.get("X-Amz-SignedHeaders") ?? "").split(";"),
    signature: query.get("X-Amz-Signature") ?? "",
    expires,
  };
}

type Malformed = "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError";

/** KEY/20261124/us-east-1/s3/aws4_request, where the key itself may hold slashes. */
function readCredential(credential: string | undefined, refusal: Malformed): Pick<Claim, "accessKey" | "scope"> {
  const parts = (credential ?? "").split("/");
  const [day = "", region = "", service = "", end = ""] = parts.slice(-4);
  const accessKey = parts.slice(0, -4).join("/");
  if (accessKey === "" || end !== "aws4_request" || service !== "s3" || !/^\d{8}$/.test(day)) {
    throw new Refusal(refusal);
  }
  return { accessKey, scope: { day, region, service } };
}

/** Refuses a signature that is too old, from another region or not made with this secret. `now` in milliseconds. */
export function verify(request: SignedRequest, claim: Claim, secretKey: string, now: number): Signing {
  const { day, region, service } = claim.scope;
  if (region !== "us-east-1" && region !== "") {
    throw new Refusal("AuthorizationHeaderMalformed", "The region is wrong; expecting 'us-east-1'.");
  }
  checkTime(claim, now);
  // Without the host, a request to one store could be repeated at another.
  if (!claim.signedHeaders.includes("host")) throw new Refusal("SignatureDoesNotMatch");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const hash = createHash("sha256").update(canonicalRequest(request, claim)).digest("hex");
  const key = [day, region, service, "aws4_request"].reduce<Buffer>(hmac, Buffer.from(`AWS4${secretKey}`));
  const expected = hmac(key, [algorithm, claim.date, scope, hash].join("\n")).toString("hex");
  if (!sameText(expected, claim.signature)) throw new Refusal("SignatureDoesNotMatch");
  return { key, date: claim.date, scope, signature: expected };
}

function checkTime({ date, scope, expires }: Claim, now: number): void {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(signedAt) || !date.startsWith(scope.day)) throw new Refusal("SignatureDoesNotMatch");
  if (expires === undefined) {
    if (Math.abs(now - signedAt) > skewMilliseconds) throw new Refusal("RequestTimeTooSkewed");
    return;
  }
  if (signedAt > now + skewMilliseconds) throw new Refusal("AccessDenied", "Request is not valid yet");
  if (signedAt + expires * 1000 < now) throw new Refusal("AccessDenied", "Request has expired");
}

function canonicalRequest(request: SignedRequest, claim: Claim): string {
  const headers = claim.signedHeaders.map(
    (name) => `${name}:${(request.header(name) ?? "").trim().replaceAll(/\s+/g, " ")}\n`,
  );
  const query = request.query
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return [
    request.method,
    encode(decodePath(request.rawPath)).replaceAll("%2F", "/"),
    query.toSorted().join("&"),
    headers.join(""),
    claim.signedHeaders.join(";"),
    request.header("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD",
  ].join("\n");
}

/** The path with its percent-encoding undone; a malformed one is refused. */
export function decodePath(rawPath: string): string {
  try {
    return decodeURIComponent(rawPath);
  } catch (error) {
    if (error instanceof URIError) throw new Refusal("InvalidArgument", "The path is not UTF-8");
    throw error;
  }
}

/** Signature of one chunk of a streamed body (`hash` of its data), which continues the one before it. */
export function chunkSignature({ key, date, scope }: Signing, previous: string, hash: string): string {
  const text = [`${algorithm}-PAYLOAD`, date, scope, previous, emptyHash, hash].join("\n");
  return hmac(key, text).toString("hex");
}

/** Signature of the trailing headers of a streamed body. */
export function trailerSignature({ key, date, scope }: Signing, previous: string, trailers: string): string {
  const hash = createHash("sha256").update(trailers).digest("hex");
  return hmac(key, [`${algorithm}-TRAILER`, date, scope, previous, hash].join("\n")).toString("hex");
}

export function sameText(left: string, right: string): boolean {
  const [one, other] = [Buffer.from(left), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Percent-encoding of RFC 3986, which leaves less as it is than encodeURIComponent. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
