/** What OpenSSL says of a connection, in a sentence: its own has addresses of memory and a line break in it. */
import { BerthError } from "@berth/shared/errors";
import { loopbackHosts } from "./target.ts";

const portHint = "A controller's TLS port is 8421 unless its fleet says otherwise.";

/** undefined: it failed by something else. */
export function tlsFailure(url: URL, error: Error): BerthError | undefined {
  // The code is OpenSSL's or EPROTO, by whether it was seen while reading or while writing: the text is always its own.
  const reason = /SSL routines:[^:]*:([^:\n]+)/.exec(error.message)?.[1];
  if (reason === undefined) return undefined;
  if (reason !== "wrong version number") {
    const message = `No TLS connection to ${url.origin} could be made: ${reason}.`;
    return new BerthError("controller.unreachable", message, { hint: portHint, cause: error });
  }
  return new BerthError("controller.unreachable", `${url.origin} answers, and not by TLS.`, {
    hint: loopbackHosts.has(url.hostname)
      ? `On this machine it needs none: \`berth login http://${url.host}\`.`
      : portHint,
    cause: error,
  });
}
