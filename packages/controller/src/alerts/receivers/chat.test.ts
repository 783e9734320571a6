import { expect, test } from "vitest";
import * as z from "zod";
import type { AlertMessage } from "../messages.ts";
import { ntfyRequest, slackBody, telegramBody } from "./chat.ts";

const url = "https://10.0.6.1:8421/alerts";

function long(summary: string, count: number): AlertMessage {
  return {
    ...{ id: "7e9c", at: 0, fleet: "valuechain", url, test: false },
    alerts: Array.from({ length: count }, (_, index) => ({
      ...{ id: `${index}`, key: `drift/${index}`, rule: "drift", severity: "warning" as const, value: 1, labels: {} },
      ...{ summary, description: "", status: "firing" as const, startsAt: 0, endsAt: null, repeated: false },
    })),
  };
}

const textSchema = z.object({ text: z.string() });
const titleSchema = z.object({ title: z.string(), message: z.string() });

test.each([long("x".repeat(700), 200), long("x".repeat(9000), 1), long("\u{1F525}".repeat(3000), 2)])(
  "each takes a message however long it is, and the page's address is whole",
  (message) => {
    const { text } = textSchema.parse(telegramBody(1, message));
    expect(text.length).toBeLessThanOrEqual(4096);
    const slack = textSchema.parse(slackBody(message)).text;
    const ntfy = titleSchema.parse(ntfyRequest(new URL("https://ntfy.example/topic"), message).body);
    expect(ntfy.title.length).toBeLessThanOrEqual(250);
    for (const whole of [text, slack, ntfy.message]) expect(whole).toMatch(new RegExp(`…\n\n${url}$`));
    for (const whole of [text, slack, ntfy.title, ntfy.message]) expect(whole.isWellFormed()).toBe(true);
  },
);

test("a short one is not cut", () => {
  const { text } = textSchema.parse(telegramBody(1, long("It drifts", 1)));
  expect(text).toBe(
    `valuechain: Warning: It drifts\n\nWarning: It drifts\n  since 1970-01-01 00:00 UTC; rule drift\n\n${url}`,
  );
});
