/** Logs are JSON lines on stdout, which journald keeps. Nothing that is logged may hold a secret: log names and codes. */
import pino, { type Logger } from "pino";

export type Log = Logger;

export function createLog(level = "info"): Log {
  return pino({ level, base: null, redact: { paths: ["env", "*.env", "token", "*.token", "key", "*.key"] } });
}

export const silentLog: Log = pino({ level: "silent" });
