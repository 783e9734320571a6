/** Log lines without secrets: services like to print their configuration when they fail. */

const shortestSecret = 6;
const redacted = "[REDACTED]";
const secretName = /pass|secret|token|key|credential|auth|salt|private/i;
/** user:password@host in any URL. */
const urlPassword = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]+:)[^\s@/]+@/gi;

/** Replaces every environment value that may be a secret, and passwords in URLs. */
export function redactor(env: Readonly<Record<string, string>>): (line: string) => string {
  const values = Object.entries(env)
    .filter(([name, value]) => value.length >= shortestSecret && (secretName.test(name) || !isPlain(value)))
    .map(([, value]) => value)
    .toSorted((a, b) => b.length - a.length);
  return (line) => {
    let text = line;
    for (const value of values) text = text.replaceAll(value, redacted);
    return text.replace(urlPassword, `$1${redacted}@`);
  };
}

/** Numbers, switches, host names and paths say nothing secret, and a log without them says nothing at all. */
function isPlain(value: string): boolean {
  return /^(?:\d+|true|false|[a-z0-9.-]{1,63}|\/[\w./-]*|https?:\/\/[^@]*)$/i.test(value) && !looksRandom(value);
}

function looksRandom(value: string): boolean {
  return value.length >= 16 && /\d/.test(value) && /[a-z]/i.test(value) && !/[./:]/.test(value);
}
