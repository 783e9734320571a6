/** Mail by SMTP. */
import { getCACertificates } from "node:tls";
import { BerthError } from "@berth/shared/errors";
import type { AlertReceiver } from "@berth/shared/fleet/alert-receivers";
import type { Secret } from "@berth/shared/secret";
import { createTransport } from "nodemailer";
import pTimeout from "p-timeout";
import type { AlertMessage } from "../messages.ts";
import { textOf, titleOf } from "../text.ts";

export interface MailRequest {
  email: NonNullable<AlertReceiver["email"]>;
  message: AlertMessage;
  password: Secret | null;
  ca: string | null;
  milliseconds: number;
}

/** Gives what the server answered. Throws a BerthError. */
export async function sendMail({ email, message, password, ca, milliseconds }: MailRequest): Promise<string> {
  const { host, port, tls, user, from, to } = email;
  const transport = createTransport({
    ...{ host, port, secure: tls === "implicit", requireTLS: tls === "starttls", ignoreTLS: tls === "none" },
    ...(user === undefined || password === null ? {} : { auth: { user, pass: password.reveal() } }),
    ...(ca === null ? {} : { tls: { ca: [...getCACertificates("default"), ca] } }),
    ...{ connectionTimeout: milliseconds, greetingTimeout: milliseconds, socketTimeout: milliseconds },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  try {
    const sent = await pTimeout(
      transport.sendMail({
        ...{ from, to, subject: titleOf(message), text: `${textOf(message)}\n` },
        // The same over attempts: a mail program shows what came twice once.
        messageId: `<${message.id}@${message.fleet}.berth>`,
        date: new Date(message.at),
        headers: { "Auto-Submitted": "auto-generated" },
      }),
      { milliseconds, message: `it did not answer within ${milliseconds / 1000} s` },
    );
    return sent.response;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new BerthError("store.failed", `The mail server ${host}:${port} did not take it: ${said}`);
  } finally {
    transport.close();
  }
}
