/** What restic fails with, in the words of the catalogue. Pure. */
import { BerthError } from "@berth/shared/errors";
import type { Repository } from "@berth/shared/operations/backup-source";
import { said, type Kind } from "./error-kind.ts";
import { sshKinds } from "./ssh-errors.ts";

/** restic's exit codes since 0.17. */
export const exitCodes = { incomplete: 3, noRepository: 10, locked: 11, wrongPassword: 12 } as const;

const kinds: readonly Kind[] = [
  {
    matches: (code, text) => code === exitCodes.wrongPassword || /wrong password or no key found/i.test(text),
    code: "unauthenticated",
    sentence: ({ owner }) => `The password of ${owner}'s backup repository is wrong.`,
    hint: "Was the repository made by another controller, or was its secret replaced? Give the former password back.",
    quote: false,
  },
  {
    matches: said(/no space left on device|disk quota exceeded|QuotaExceeded|StorageFull|InsufficientStorage/i),
    code: "disk.full",
    sentence: ({ location }) => `The backup target ${location} is full.`,
    hint: "Enlarge it, or remove old backups: berth backup prune.",
    quote: false,
  },
  {
    matches: said(/no matching ID found|multiple IDs with prefix/i),
    code: "not-found",
    sentence: ({ owner }) => `${owner}'s backup repository has no such snapshot.`,
    hint: "berth backup list shows what can be restored.",
    quote: false,
  },
  {
    matches: said(
      /ciphertext verification failed|hash mismatch|invalid data returned|repository contains errors|is damaged|not found in index|unexpected pack|invalid IDs|data seems to be missing|wrong hash|failed to load (?:blob|pack|index)|packs? .*(?:missing|does not exist)|LoadBlob|unexpected EOF|too short|not a valid|invalid file size|stat .*\/data\/.*no such file|decrypt/i,
    ),
    code: "backup.damaged",
    sentence: ({ owner }) => `${owner}'s backup repository is damaged.`,
    hint: "Other backups in it may be whole: berth backup verify tells. Look after the target's disk.",
    quote: true,
  },
  {
    matches: (code) => code === exitCodes.locked,
    code: "conflict",
    sentence: ({ owner }) => `${owner}'s backup repository is in use by another operation.`,
    hint: "Try again when it has ended; a lock that nobody holds any more is removed after half an hour.",
    quote: false,
  },
  {
    matches: (code) => code === exitCodes.noRepository,
    code: "not-found",
    sentence: ({ owner, location }) => `There is no backup repository of ${owner} at ${location}.`,
    hint: "Does the fleet name the target that the backups went to?",
    quote: false,
  },
  {
    matches: said(/access denied|InvalidAccessKeyId|SignatureDoesNotMatch|permission denied|403 Forbidden/i),
    code: "forbidden",
    sentence: ({ location }) => `The backup target ${location} does not let Berth in.`,
    hint: "Check the target's keys, and what they may do.",
    quote: true,
  },
  {
    matches: said(/x509|certificate/i),
    code: "store.failed",
    sentence: ({ location }) => `The certificate of the backup target ${location} is not trusted.`,
    hint: "Name its CA in the fleet: backups.target.s3.caFile.",
    quote: true,
  },
  {
    matches: said(/connection refused|no such host|timed? ?out|unreachable|connection reset|no route/i),
    code: "store.failed",
    sentence: ({ location }) => `The backup target ${location} does not answer.`,
    hint: "Does it run, and does the node reach it?",
    quote: true,
  },
];

/** `program`: "restic backup". `text`: what it has said on stdout and stderr. */
export function resticError(repository: Repository, program: string, exitCode: number, text: string): BerthError {
  const possible = repository.ssh === undefined ? kinds : [...sshKinds, ...kinds];
  const kind = possible.find(({ matches }) => matches(exitCode, text));
  const words = redacted(repository, lastWords(text));
  if (kind === undefined) {
    return new BerthError("store.failed", `${program} ended with exit code ${exitCode}: ${words}`);
  }
  const quote = kind.quote && words !== "" ? ` ${program} says: ${words}` : "";
  const sentence = redacted(repository, kind.sentence(repository, text));
  return new BerthError(kind.code, `${sentence}${quote}`, { hint: kind.hint });
}

const longestWords = 300;

/** The line that says most: the last one that speaks of an error, or the last. */
function lastWords(text: string): string {
  const lines = text
    .split("\n")
    .map((line) => messageOf(line).trim())
    .filter((line) => line !== "");
  const telling = lines.findLast((line) => /fatal|error|fail/i.test(line)) ?? lines.at(-1) ?? "";
  return telling.slice(0, longestWords);
}

/** restic writes some of its errors as JSON. */
function messageOf(line: string): string {
  const [, message] = /"message":"((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
  return message ?? line;
}

const shortestSecret = 6;

/** Nothing of what restic was given in secret, nor passwords in URLs. */
export function redacted(repository: Repository, text: string): string {
  const keyLines = repository.ssh?.privateKey.split("\n").filter((line) => !line.startsWith("-----")) ?? [];
  const secrets = [repository.password, ...Object.values(repository.env), ...keyLines].filter(
    (value) => value.length >= shortestSecret,
  );
  const without = secrets.reduce((line, secret) => line.replaceAll(secret, "[REDACTED]"), text);
  return without.replace(/(\/\/[^\s:/@]*:)[^\s@/]+@/g, "$1[REDACTED]@");
}
