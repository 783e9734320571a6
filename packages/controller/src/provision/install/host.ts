/** Calling the shell functions of `script/` on a host over SSH. */
import type { Readable } from "node:stream";
import { BerthError } from "@berth/shared/errors";
import type { Progress } from "../progress.ts";
import type { RemoteResult, SshSession } from "../ssh/session.ts";
import { shellLibrary } from "./script/library.ts";

export interface HostCall {
  /** Functions and their arguments as shell text, such as `place_unit` or `place_bundle "$1" "$2"`. */
  functions: string;
  /** `$1` and on. Never a secret: others on the host can see them. */
  arguments?: string[];
  /** Standard input; secrets go here. */
  input?: Readable | string;
  onSent?: (bytes: number) => void;
  /** Completes "could not …". */
  action: string;
  deadlineMilliseconds: number;
  /** Shows what it prints in the log; left out: shown. */
  quiet?: boolean;
}

export interface Host {
  place: string;
  /** What it printed. @throws BerthError install.failed with the host's own words when it failed. */
  call: (call: HostCall) => Promise<string>;
}

/** A host on which the functions run as root: as they are, or through sudo, which must not ask for a password. */
export function hostOver(session: SshSession, user: string, progress: Progress): Host {
  const library = shellLibrary();
  return {
    place: session.place,
    call: async (call) => {
      const script = `${library}\n${call.functions}\n`;
      const shell = ["sh", "-c", script, "berth", ...(call.arguments ?? [])];
      const result = await session.run({
        argv: user === "root" ? shell : ["sudo", "-n", ...shell],
        ...(call.input === undefined ? {} : { input: call.input }),
        ...(call.onSent === undefined ? {} : { onSent: call.onSent }),
        ...(call.quiet === true ? {} : { onLine: progress.log }),
        what: call.action,
        deadlineMilliseconds: call.deadlineMilliseconds,
        signal: progress.signal,
      });
      if (result.exitCode !== 0) throw failureOf(result, call.action, session.place, user);
      return result.stdout;
    },
  };
}

function failureOf(result: RemoteResult, action: string, place: string, user: string): BerthError {
  const words = lastWords(result);
  // "sudo: a password is required", "sh: 1: sudo: not found"
  if (user !== "root" && /\bsudo: /.test(words)) {
    return new BerthError("host.unsupported", `${user} cannot become root on ${place} without a password: ${words}`, {
      hint: `Install sudo on the host and allow it in /etc/sudoers.d/berth: ${user} ALL=(root) NOPASSWD: ALL`,
    });
  }
  if (/no space left on device/i.test(result.stderr)) {
    return new BerthError("disk.full", `${place} has no space left to ${action}: ${words}`);
  }
  return new BerthError("install.failed", `${place} could not ${action}: ${words}`);
}

/** The sentence that a function failed with is the last line; without any, the exit code has to do. */
function lastWords(result: RemoteResult): string {
  const lines = result.stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.at(-1)?.trim() ?? `exit code ${result.exitCode}`;
}
