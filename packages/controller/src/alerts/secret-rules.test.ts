import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import { example } from "@berth/shared/fleet/testing/example";
import { Secret } from "@berth/shared/secret";
import { expect, test } from "vitest";
import { checkAlertSecret, isAlertSecret } from "./secret-rules.ts";

const email = "{ host: mx, from: a@example.org, to: [a@example.org] }";
const receivers = `{ ops: { webhook: {} }, bot: { telegram: { chat: 1 } }, mail: { email: ${email} } }`;
const { fleet } = parseFleet(`${example}\nalerts: { receivers: ${receivers} }`, "fleet.yaml", catalog);

function check(name: string, value: string): void {
  checkAlertSecret(name, new Secret(value), fleet ?? undefined);
}

test("the secrets of receivers are theirs alone, and of no tenant", () => {
  expect(["alerts/ops", "alerts-n8n/database", "user1-n8n/alerts"].map(isAlertSecret)).toEqual([true, false, false]);
});

test("one that the receiver can use is taken", () => {
  expect(() => check("alerts/ops", "https://hooks.example.org/a")).not.toThrow();
  expect(() => check("alerts/bot", "123456:AAbb_Cc-Dd")).not.toThrow();
});

test.each([
  ["alerts/ops", "hooks.example.org/secretpath", "request.invalid"],
  ["alerts/ops", "https://anna:secretpath%@hooks.example.org/a", "request.invalid"],
  ["alerts/bot", "https://api.telegram.org/bot1:secretpath", "request.invalid"],
  ["alerts/mail", "secretpath", "conflict"],
  ["alerts/nobody", "https://hooks.example.org/secretpath", "not-found"],
])("%s with %s is refused, and not repeated", (name, value, code) => {
  let thrown: unknown;
  try {
    check(name, value);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code, message: expect.not.stringContaining("secretpath") });
});

test("before the first apply it is said what comes first", () => {
  expect(() => checkAlertSecret("alerts/ops", new Secret("https://x.example"), undefined)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("apply that first") }),
  );
});
