/** Whom alerts are sent to. What is secret of a receiver is the secret alerts/NAME, and never in the file. */
import * as z from "zod";
import { nameSchema } from "../names.ts";
import { filePathSchema, hostSchema, portSchema } from "./formats.ts";

export const alertSeveritySchema = z.enum(["warning", "critical"]);
export type AlertSeverity = z.output<typeof alertSeveritySchema>;

const caFile = filePathSchema
  .optional()
  .describe("PEM of the CA (or of the certificate itself) that it must present; left out: the machine's CAs");

const mailAddressSchema = z.email({ error: "must be a mail address such as ops@example.org" });

const emailSchema = z
  .strictObject({
    host: hostSchema.describe("SMTP server"),
    port: portSchema.default(587),
    tls: z
      .enum(["starttls", "implicit", "none"])
      .default("starttls")
      .describe("implicit: from the first byte, as at port 465; none: in the clear, for a server on the same machine"),
    user: z.string().min(1).max(320).optional().describe("Left out: the server asks for no login"),
    from: mailAddressSchema,
    to: z.array(mailAddressSchema).min(1).max(50),
    caFile,
  })
  .describe("Mail by SMTP; with a user, its password is the secret alerts/NAME");

const telegramSchema = z
  .strictObject({
    chat: z
      .union([z.int(), z.string().regex(/^@[A-Za-z0-9_]{1,64}$/, { error: "must be a chat's number, or @channel" })])
      .describe("Number of the chat, or @channel"),
    server: z
      .url({ protocol: /^https?$/, error: "must be a URL such as https://api.telegram.org" })
      .default("https://api.telegram.org"),
  })
  .describe("A Telegram bot; its token is the secret alerts/NAME");

export const alertReceiverSchema = z
  .strictObject({
    webhook: z
      .strictObject({ caFile })
      .optional()
      .describe("Takes Alertmanager's webhook JSON; its URL is the secret alerts/NAME"),
    email: emailSchema.optional(),
    ntfy: z
      .strictObject({ caFile })
      .optional()
      .describe("A topic of ntfy; its URL, https://:TOKEN@HOST/TOPIC with a token, is the secret alerts/NAME"),
    slack: z
      .strictObject({ caFile })
      .optional()
      .describe("Slack, Mattermost, Rocket.Chat; the URL of the incoming webhook is the secret alerts/NAME"),
    telegram: telegramSchema.optional(),
    tenants: z
      .array(nameSchema)
      .min(1)
      .optional()
      .describe("Only what concerns these tenants, 'shared' for what no tenant has; left out: everything"),
    severity: alertSeveritySchema.default("warning").describe("The least that it is told of"),
    resolved: z.boolean().default(true).describe("Whether it is told of an alert's end, too"),
  })
  .describe("One of webhook, email, ntfy, slack and telegram, and what it is told of");

export type AlertReceiver = z.output<typeof alertReceiverSchema>;

export const alertReceiverKinds = ["webhook", "email", "ntfy", "slack", "telegram"] as const;
export type AlertReceiverKind = (typeof alertReceiverKinds)[number];

/** Of a receiver of a fleet that was checked: it has exactly one. */
export function receiverKind(receiver: AlertReceiver): AlertReceiverKind {
  return alertReceiverKinds.find((kind) => receiver[kind] !== undefined) ?? "webhook";
}

/** Where secrets of receivers are; no tenant has this name. */
export const alertSecretScope = "alerts";

export function alertSecretName(receiver: string): string {
  return `${alertSecretScope}/${receiver}`;
}

/** Whether the receiver can do nothing without its secret. */
export function needsSecret({ email }: AlertReceiver): boolean {
  return email === undefined || email.user !== undefined;
}
