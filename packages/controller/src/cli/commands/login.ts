import { login } from "@berth/shared/api/accounts";
import { BerthError } from "@berth/shared/errors";
import { createClient } from "../client/client.ts";
import { loginFile, writeLogin } from "../client/login-file.ts";
import { parseControllerUrl } from "../client/target.ts";
import { seeCertificate, type SeenCertificate } from "../client/certificate.ts";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { readTextFile } from "../fleet-file.ts";
import { ask, confirm, readPassword } from "../prompt.ts";
import { printableLine } from "../render/printable.ts";
import { isInteractive, type Terminal, writeLines } from "../terminal.ts";

export default defineCommand({
  details:
    "Asks for name and password, and keeps the token in ~/.config/berth/config.json (mode 0600), which later commands use. " +
    "A certificate that the system's CAs do not vouch for is shown with its fingerprint and trusted only when you say so, " +
    "or when --ca-file or --fingerprint vouches for it.",
  arguments: { url: { description: "Address of the controller: https://HOST:8421" } },
  options: {
    name: { kind: "text", value: "NAME", description: "Name of the account (default: asked for)" },
    passwordFile: {
      kind: "text",
      value: "FILE",
      completes: "file",
      description: "File with the password, - for stdin (default: asked for)",
    },
    caFile: { kind: "text", value: "FILE", completes: "file", description: "PEM of the CA that the server must have" },
    fingerprint: { kind: "text", value: "SHA256", description: "Fingerprint that the certificate must have: AA:BB:…" },
  },
  examples: [
    { command: "berth login https://berth.example.org:8421", does: "asks for name and password" },
    {
      command: "berth login https://10.0.6.1:8421 --ca-file ca.pem --name ci --password-file /run/secrets/berth",
      does: "from a script",
    },
  ],
  async run({ input, terminal }) {
    const url = parseControllerUrl(input.url);
    const certificate =
      url.protocol === "https:" ? await trustedCertificate(terminal, url, input.caFile, input.fingerprint) : undefined;
    if (input.name === undefined && !isInteractive(terminal)) {
      throw usageError("There is no terminal to ask for the name on.", "Give it with --name NAME.");
    }
    const name = input.name ?? (await ask(terminal, "Name: "));
    const password = await readPassword(terminal, input.passwordFile, "Password: ");
    const client = createClient({ kind: "url", url, token: undefined, certificate }, { raw: false });
    const answer = await client.call(login, { body: { name, password } });
    await writeLogin(loginFile(terminal.environment), {
      url: url.origin,
      account: answer.account.name,
      token: answer.token,
      expiresAt: answer.expiresAt,
      ...(certificate === undefined ? {} : { certificate }),
    });
    return { url: url.origin, account: answer.account, expiresAt: answer.expiresAt };
  },
  render: ({ url, account, expiresAt }) => [
    `Logged in to ${url} as ${account.name} (${account.role}), until ${expiresAt}.`,
  ],
});

/** PEM to pin, or undefined when the system's CAs vouch for the server. Throws when nobody does. */
async function trustedCertificate(
  terminal: Terminal,
  url: URL,
  caFile: string | undefined,
  fingerprint: string | undefined,
): Promise<string | undefined> {
  if (caFile !== undefined) return readTextFile(caFile, terminal);
  const seen = await seeCertificate(url);
  if (fingerprint !== undefined) {
    if (normalise(fingerprint) === normalise(seen.fingerprint)) return seen.certificate;
    throw new BerthError(
      "unauthenticated",
      `${url.origin} has the fingerprint ${seen.fingerprint}, not the one given.`,
      {
        hint: "Somebody may be listening in, or the controller was set up anew: ask whoever runs it.",
      },
    );
  }
  if (seen.trusted) return undefined;
  return askToTrust(terminal, url, seen);
}

async function askToTrust(terminal: Terminal, url: URL, seen: SeenCertificate): Promise<string> {
  const untrusted = `The system's CAs do not vouch for ${url.origin}`;
  if (!isInteractive(terminal)) {
    throw new BerthError("unauthenticated", `${untrusted}, and there is no terminal to ask on.`, {
      hint: `Give its CA with --ca-file, or its fingerprint with --fingerprint ${seen.fingerprint} once you have compared it.`,
    });
  }
  writeLines(terminal.stderr, [
    `${untrusted}. Its certificate:`,
    `  subject      ${printableLine(seen.subject)}`,
    `  names        ${printableLine(seen.names)}`,
    `  valid until  ${printableLine(seen.validTo)}`,
    `  SHA-256      ${seen.fingerprint}`,
    "The controller logs its caFingerprint when it starts (journalctl --unit berth): they must be the same.",
  ]);
  if (await confirm(terminal, "Trust this certificate?")) return seen.certificate;
  throw new BerthError("cancelled", "Not logged in: the certificate is not trusted.");
}

function normalise(fingerprint: string): string {
  return fingerprint
    .replace(/^sha256:/i, "")
    .replaceAll(":", "")
    .toUpperCase();
}
