import { describe, expect, test } from "vitest";
import { decide, matches, parsePolicy } from "./policy.ts";

describe("patterns", () => {
  test.each([
    ["s3:*", "s3:GetObject", true],
    ["s3:Get*", "s3:PutObject", false],
    ["user1-uploads", "user1-uploads2", false],
    ["user1-uploads/*", "user1-uploads/a/b", true],
    ["user1-uploads/*", "user1-uploads", false],
    ["user?-uploads", "user1-uploads", true],
    ["user?-uploads", "user10-uploads", false],
    ["*a*b*", "xxaxxbxx", true],
    ["*a*b*", "xxbxxaxx", false],
    ["", "", true],
    ["a**", "a", true],
  ])("%s and %s: %s", (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  test("take no longer for a pattern made to take long", () => {
    const started = performance.now();
    expect(matches(`${"*a".repeat(50)}b`, "a".repeat(5000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

function policy(...statements: object[]) {
  return parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: statements }));
}

const reading = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" };

test("what no statement allows is not decided, and a denial wins over what allows it", () => {
  const question = { action: "s3:GetObject", bucket: "b", key: "k" };
  expect(decide([], question)).toBe("undecided");
  expect(decide([policy(reading)], question)).toBe("allow");
  expect(decide([policy(reading)], { ...question, bucket: "c" })).toBe("undecided");
  expect(decide([policy(reading)], { ...question, action: "s3:PutObject" })).toBe("undecided");
  expect(decide([policy(reading), policy({ ...reading, Effect: "Deny" })], question)).toBe("deny");
});

test("actions of the admin API have no resource", () => {
  expect(decide([policy({ Effect: "Deny", Action: ["admin:*"] })], { action: "admin:CreateUser" })).toBe("deny");
});

test.each([
  ["no JSON", "{"],
  ["no version", JSON.stringify({ Statement: [reading] })],
  ["another effect", JSON.stringify({ Version: "2012-10-17", Statement: [{ ...reading, Effect: "Maybe" }] })],
  ["no resource", JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:*" }] })],
  ["a bare ARN", JSON.stringify({ Version: "2012-10-17", Statement: [{ ...reading, Resource: "arn:aws:s3:::" }] })],
  [
    "a condition, which it does not know",
    JSON.stringify({ Version: "2012-10-17", Statement: [{ ...reading, Condition: {} }] }),
  ],
])("refuses %s", (_, document) => {
  expect(() => parsePolicy(document)).toThrow(/invalid resource|knows no Condition/);
});
