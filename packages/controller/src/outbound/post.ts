/** Requests to addresses that a person gave as a secret: bounded in time and size, failures in one sentence, and without what is secret of the address. */
import { getCACertificates } from "node:tls";
import { BerthError } from "@berth/shared/errors";
import type { Secret } from "@berth/shared/secret";
import { Agent, fetch } from "undici";

export interface PostRequest {
  url: URL;
  /** As it came from the secret: nothing of it may be told. */
  secret: Secret;
  headers: Record<string, string>;
  body: string | Uint8Array;
  ca: string | null;
  milliseconds: number;
  signal?: AbortSignal;
}

export interface PostAnswer {
  status: number;
  isTaken: boolean;
  /** For people: "413 Payload Too Large: …" */
  text: string;
}

/** Of what a receiver answers. */
const mostCharacters = 200;
const mostBytes = 256 * 1024;

/** Gives what was answered; a refusal, too, throws a BerthError. */
export async function postJson({
  body,
  ...request
}: Omit<PostRequest, "headers" | "body"> & { body: unknown }): Promise<string> {
  const headers = { "content-type": "application/json" };
  const { isTaken, text } = await post({ ...request, headers, body: JSON.stringify(body) });
  if (isTaken) return text;
  throw new BerthError("store.failed", `${request.url.host} answered ${text}`);
}

/** `user:password@` of the URL, or `:token@`, goes into a header. Throws a BerthError when there is no answer. */
export async function post(request: PostRequest): Promise<PostAnswer> {
  const { url, headers, body, ca, milliseconds } = request;
  const target = new URL(url);
  target.username = "";
  target.password = "";
  const deadline = AbortSignal.timeout(milliseconds);
  // A few messages a minute at most: a connection is not worth being kept.
  const agent = new Agent({
    maxResponseSize: mostBytes,
    connect: { timeout: milliseconds, ...(ca === null ? {} : { ca: [...getCACertificates("default"), ca] }) },
  });
  try {
    const response = await fetch(target, {
      method: "POST",
      headers: { ...headers, "user-agent": "Berth", ...authorization(url) },
      body,
      // A redirected POST would become a GET, and say that all is well.
      redirect: "manual",
      dispatcher: agent,
      signal: request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]),
    });
    const without = (text: string) => withoutAddress(text.replaceAll(/\s+/g, " ").trim(), request);
    const [words, text] = [without(response.statusText), without(await response.text()).slice(0, mostCharacters)];
    const answer = `${response.status}${words === "" ? "" : ` ${words}`}${text === "" ? "" : `: ${text}`}`;
    return { status: response.status, isTaken: response.ok, text: answer };
  } catch (error) {
    const reason = deadline.aborted
      ? `did not answer within ${milliseconds / 1000} s`
      : `cannot be reached: ${said(error)}`;
    // Without the cause: it may hold the address.
    throw new BerthError("store.failed", withoutAddress(`${url.host} ${reason}`, request));
  } finally {
    await agent.destroy().catch(() => undefined);
  }
}

/** The URL that a secret is. Throws a BerthError that does not repeat it. */
export function urlOf(secret: Secret, what: string): URL {
  const url = URL.canParse(secret.reveal()) ? new URL(secret.reveal()) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw new BerthError("request.invalid", `${what} is no URL that begins with https:// or http://`);
  if ([url.username, url.password, url.pathname].some((part) => decoded(part) === null))
    throw new BerthError("request.invalid", `${what} has a % in it that stands for nothing`, {
      hint: "In a URL, a % that is meant is written as %25.",
    });
  return url;
}

/** null: a % in it stands for nothing. */
function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

function authorization({ username, password }: URL): Record<string, string> {
  const [user, key] = [decodeURIComponent(username), decodeURIComponent(password)];
  if (key === "") return {};
  if (user === "") return { authorization: `Bearer ${key}` };
  return { authorization: `Basic ${Buffer.from(`${user}:${key}`).toString("base64")}` };
}

/** Parts of an address that are long enough to be what lets one in. */
const secretLength = 6;

function withoutAddress(text: string, { url, secret }: Pick<PostRequest, "url" | "secret">): string {
  // What is asked may lack a part of what the secret is: of ntfy's, the topic, which it repeats.
  const whole = URL.canParse(secret.reveal()) ? [new URL(secret.reveal())] : [];
  return [secret.reveal(), ...[url, ...whole].flatMap(partsOf)]
    .filter((part) => part.length >= secretLength)
    .toSorted((one, other) => other.length - one.length)
    .reduce((redacted, part) => redacted.replaceAll(part, "[REDACTED]"), text);
}

function partsOf({ href, pathname, search, searchParams, username, password }: URL): string[] {
  const encoded = [username, password, ...pathname.split("/")];
  return [
    href,
    `${pathname}${search}`,
    ...searchParams.values(),
    ...encoded,
    ...encoded.map((part) => decoded(part) ?? ""),
  ];
}

/** `fetch` says "fetch failed" and gives the reason as its cause; of several addresses, the first says enough. */
function said(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return said(error.errors[0]);
  if (error instanceof Error && error.cause !== undefined) return said(error.cause);
  return error instanceof Error ? error.message || error.name : String(error);
}
