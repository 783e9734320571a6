import { expect, it } from "vitest";
import { knownInput } from "./known-input.ts";

const input = {
  instance: "shared-searxng",
  containers: [{ name: "shared-searxng", sideBySide: true, env: { sideBySide: "true" }, cpus: undefined }],
};

it("leaves out what an agent of an older protocol refuses, and nothing else", () => {
  expect(knownInput(input, { major: 1, minor: 1 })).toBe(input);
  for (const older of [{ major: 1, minor: 0 }, null, undefined]) {
    expect(knownInput(input, older)).toEqual({
      instance: "shared-searxng",
      containers: [{ name: "shared-searxng", env: { sideBySide: "true" } }],
    });
  }
});
