/** Sends one message to one receiver, of whatever kind it is. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { alertSecretName, needsSecret, receiverKind, type AlertReceiver } from "@berth/shared/fleet/alert-receivers";
import { Secret } from "@berth/shared/secret";
import type { Secrets } from "../../secrets/open.ts";
import type { AlertMessage } from "../messages.ts";
import { ntfyRequest, slackBody, telegramBody } from "./chat.ts";
import { sendMail } from "./email.ts";
import { postJson, urlOf } from "../../outbound/post.ts";
import { webhookBody } from "./webhook.ts";

export interface SendDependencies {
  secrets: Pick<Secrets, "reveal" | "version" | "redact">;
  configurationDirectory: string;
  milliseconds?: number;
}

/** From connecting to the last byte of the answer. */
const sendMilliseconds = 15_000;

/** Gives what the receiver answered. Throws a BerthError, without anything that is secret in it. */
export async function sendMessage(
  name: string,
  receiver: AlertReceiver,
  message: AlertMessage,
  dependencies: SendDependencies,
): Promise<string> {
  try {
    return dependencies.secrets.redact(await send(name, receiver, message, dependencies));
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    const { code, hint } = error;
    throw new BerthError(code, dependencies.secrets.redact(error.message), hint === undefined ? {} : { hint });
  }
}

async function send(
  name: string,
  receiver: AlertReceiver,
  message: AlertMessage,
  { secrets, configurationDirectory, milliseconds = sendMilliseconds }: SendDependencies,
): Promise<string> {
  const secret = secretOf(name, receiver, secrets);
  const ca = await readCa(name, receiver, configurationDirectory);
  const { email, telegram } = receiver;
  if (email !== undefined) return sendMail({ email, message, password: secret, ca, milliseconds });
  // What has no mail has a secret: `secretOf` threw otherwise.
  if (secret === null) throw missing(name);
  if (telegram !== undefined) {
    // With a colon in it, the token would be read as the scheme of another URL.
    const url = new URL(`./bot${secret.reveal()}/sendMessage`, `${telegram.server.replace(/\/+$/, "")}/`);
    return postJson({ url, secret, body: telegramBody(telegram.chat, message), ca, milliseconds });
  }
  const url = urlOf(secret, `The secret ${alertSecretName(name)}`);
  const kind = receiverKind(receiver);
  if (kind === "ntfy") return postJson({ secret, ca, milliseconds, ...ntfyRequest(url, message) });
  const body = kind === "slack" ? slackBody(message) : webhookBody(name, message);
  return postJson({ url, secret, ca, milliseconds, body });
}

function secretOf(name: string, receiver: AlertReceiver, secrets: SendDependencies["secrets"]): Secret | null {
  if (!needsSecret(receiver)) return null;
  const secretName = alertSecretName(name);
  if (secrets.version(secretName) === null) throw missing(name);
  return secrets.reveal(secretName);
}

function missing(name: string): BerthError {
  return new BerthError("request.invalid", `The secret ${alertSecretName(name)} is not set`, {
    hint: `\`berth secret set ${alertSecretName(name)}\``,
  });
}

async function readCa(name: string, receiver: AlertReceiver, directory: string): Promise<string | null> {
  const { webhook, email, ntfy, slack } = receiver;
  const file = (webhook ?? email ?? ntfy ?? slack)?.caFile;
  if (file === undefined) return null;
  const path = resolve(directory, file);
  try {
    return await readFile(path, "utf8");
  } catch {
    throw new BerthError("request.invalid", `The CA of the receiver ${name} cannot be read from ${path}`, {
      hint: "caFile names a file on the controller's machine",
    });
  }
}
