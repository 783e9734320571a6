/** What the secrets of receivers are, for those who look at secrets or set them. */
import { BerthError } from "@berth/shared/errors";
import { alertSecretScope, needsSecret, receiverKind } from "@berth/shared/fleet/alert-receivers";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Secret } from "@berth/shared/secret";
import { urlOf } from "../outbound/post.ts";

export function isAlertSecret(name: string): boolean {
  return name.startsWith(`${alertSecretScope}/`);
}

/** One that cannot be used is refused while the person who has it is there, and not when something is amiss. */
export function checkAlertSecret(name: string, value: Secret, fleet: Fleet | undefined): void {
  const receivers = fleet?.alerts.receivers ?? {};
  const receiver = receivers[name.slice(alertSecretScope.length + 1)];
  if (receiver === undefined) {
    const known = Object.keys(receivers);
    throw new BerthError("not-found", `The fleet has no receiver of alerts for the secret ${name}`, {
      hint:
        known.length === 0
          ? "Name it in the fleet file, under alerts.receivers, and apply that first."
          : `There are ${known.join(", ")}.`,
    });
  }
  if (!needsSecret(receiver)) throw new BerthError("conflict", `${name} is of a receiver that logs in nowhere`);
  const kind = receiverKind(receiver);
  if (kind === "webhook" || kind === "slack" || kind === "ntfy") urlOf(value, "The value");
  if (kind === "telegram" && !/^\d+:[A-Za-z0-9_-]+$/.test(value.reveal()))
    throw new BerthError("request.invalid", "The value is no token of a Telegram bot, NUMBER:LETTERS");
}
