/** Log lines without secrets: services like to print their configuration when they fail. */
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";

const shortestSecret = 6;
const redacted = "[REDACTED]";
const secretName = /pass|secret|token|key|credential|auth|salt|private/i;
/** user:password@host in any URL. */
const urlPassword = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)([^\s@/]+)@/gi;

/** What a line of a file says after a name that speaks of a secret: `secret_key: "…"`, `password=…`. */
const secretLine =
  /[\w.-]*(?:pass|secret|token|key|credential|auth|salt|private)[\w.-]*["']?\s*[:=]\s*["']?([^\s"',;]+)/gi;
const separators = /[\s"'`,;(){}[\]<>=@]+/;

/**
 * Replaces every environment value that may be a secret, what looks like one in the contents of files, and passwords in
 * URLs. Those of all containers count: one part of an instance may log what another one is given.
 */
export function redactor({ containers }: Pick<InstanceSpec, "containers">): (line: string) => string {
  const values = containers
    .flatMap(({ env, files = [] }) => [
      ...secretsOfEnvironment(env),
      ...Object.values(env).flatMap(passwordsOfUrls),
      ...files.flatMap(({ content }) => [...secretsOfText(content), ...passwordsOfUrls(content)]),
    ])
    .filter((value) => value.length >= shortestSecret)
    .toSorted((a, b) => b.length - a.length);
  const distinct = [...new Set(values)];
  return (line) => {
    let text = line;
    for (const value of distinct) text = text.replaceAll(value, redacted);
    return text.replace(urlPassword, `$1${redacted}@`);
  };
}

function secretsOfEnvironment(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env)
    .filter(([name, value]) => secretName.test(name) || !isPlain(value))
    .map(([, value]) => value);
}

/** Not every word of a configuration, since a log without them says nothing. */
function secretsOfText(text: string): string[] {
  const named = [...text.matchAll(secretLine)].flatMap(([, value = ""]) => (isSwitch(value) ? [] : [value]));
  const random = text.split(separators).filter(looksRandom);
  return [...named, ...random];
}

/** A service tells them apart from their URL, and logs the one without the other. */
function passwordsOfUrls(text: string): string[] {
  return [...text.matchAll(urlPassword)].map(([, , password = ""]) => password);
}

function isSwitch(value: string): boolean {
  return /^(?:\d+|true|false|enabled|disabled|required|optional)$/i.test(value);
}

/** Numbers, switches, host names and paths say nothing secret, and a log without them says nothing at all. */
function isPlain(value: string): boolean {
  return /^(?:\d+|true|false|[a-z0-9.-]{1,63}|\/[\w./-]*|https?:\/\/[^@]*)$/i.test(value) && !looksRandom(value);
}

function looksRandom(value: string): boolean {
  return value.length >= 16 && /\d/.test(value) && /[a-z]/i.test(value) && !/[./:]/.test(value);
}
