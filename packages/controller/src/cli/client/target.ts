/** Which controller a command speaks to. */
import { connect } from "node:net";
import { BerthError } from "@berth/shared/errors";
import type { SavedLogin } from "./login-file.ts";

export type Target =
  | { kind: "unix"; socket: string }
  | { kind: "url"; url: URL; token: string | undefined; certificate: string | undefined };

export const systemSocket = "/run/berth/controller.sock";
export const demoSocket = "/run/berth-lab/demo/controller.sock";

const connectDeadlineMilliseconds = 5000;
export const loopbackHosts: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** How a target is written in `--controller` and in messages. */
export function formatTarget(target: Target): string {
  return target.kind === "unix" ? `unix:${target.socket}` : target.url.origin;
}

/** `unix:/path`, `/path`, `https://host:port`, or `http://` to this machine. Throws `request.invalid`. */
export function parseTarget(text: string, login: SavedLogin | undefined): Target {
  if (text.startsWith("/")) return { kind: "unix", socket: text };
  if (text.startsWith("unix:/")) return { kind: "unix", socket: text.slice("unix:".length) };
  const url = parseControllerUrl(text);
  const own = login !== undefined && new URL(login.url).origin === url.origin ? login : undefined;
  return { kind: "url", url, token: own?.token, certificate: own?.certificate };
}

/** An address that a token may be sent to. */
export function parseControllerUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new BerthError("request.invalid", `'${text}' is not an address of a controller.`, {
      hint: "Write https://HOST:8421, or unix:/run/berth/controller.sock on the controller's own machine.",
    });
  }
  if (url.protocol === "http:" && !loopbackHosts.has(url.hostname)) {
    throw new BerthError("request.invalid", `'${text}' would send passwords and tokens over the network unencrypted.`, {
      hint: `Use https://${url.host}.`,
    });
  }
  return url;
}

export interface TargetChoice {
  /** --controller, or the environment's BERTH_CONTROLLER. */
  chosen: string | undefined;
  login: SavedLogin | undefined;
  sockets?: readonly string[];
}

/**
 * Where to look, in order. A saved login is looked at alone: were another controller to stand in when it does not
 * answer, `apply` could make one fleet out of another's file.
 */
export function candidateTargets({ chosen, login, sockets = [systemSocket, demoSocket] }: TargetChoice): Target[] {
  if (chosen !== undefined) return [parseTarget(chosen, login)];
  if (login !== undefined) return [parseTarget(login.url, login)];
  return sockets.map((socket) => ({ kind: "unix", socket }));
}

/** The first target that accepts a connection. Throws `controller.unreachable` with what was tried, or `forbidden`. */
export async function reachTarget(candidates: readonly Target[]): Promise<Target> {
  const tried: string[] = [];
  for (const target of candidates) {
    const refusal = await tryConnect(target);
    if (refusal === undefined) return target;
    if (refusal === "EACCES" && target.kind === "unix") throw socketForbidden(target.socket);
    tried.push(`${formatTarget(target)} (${explainRefusal(refusal)})`);
  }
  throw new BerthError("controller.unreachable", `No controller answers. Tried: ${tried.join(", ")}.`, {
    hint: candidates.every((target) => target.kind === "unix")
      ? "Start one with `berth serve --install`, try the demo with `./berth demo`, or name one: `berth login URL`, --controller, BERTH_CONTROLLER."
      : "Check that it runs and is reachable from here; `berth logout` forgets a saved login.",
  });
}

/** undefined when connected, otherwise the system's error code. */
function tryConnect(target: Target): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(
      target.kind === "unix"
        ? { path: target.socket }
        : { host: target.url.hostname.replaceAll(/[[\]]/g, ""), port: portOf(target.url) },
    );
    const settle = (refusal: string | undefined): void => {
      socket.destroy();
      resolve(refusal);
    };
    socket.setTimeout(connectDeadlineMilliseconds, () => settle("ETIMEDOUT"));
    socket.once("connect", () => settle(undefined));
    socket.once("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  });
}

function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

function explainRefusal(code: string): string {
  switch (code) {
    case "ENOENT":
      return "no such socket";
    case "ECONNREFUSED":
      return "nothing listens there";
    case "ETIMEDOUT":
      return `no answer within ${connectDeadlineMilliseconds / 1000} s`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the name does not resolve";
    default:
      return code;
  }
}

function socketForbidden(socket: string): BerthError {
  return new BerthError("forbidden", `You may not use the controller's socket ${socket}.`, {
    hint: "Run the command as root, or log in with an account: `berth login URL`.",
  });
}
