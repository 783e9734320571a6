import { expect, it } from "vitest";
import { useOf, type KeyUse } from "./keys.ts";

const none = { ctrlKey: false, shiftKey: false, altKey: false, metaKey: false };

it.each<[string, Partial<typeof none>, boolean, KeyUse]>([
  ["c", { ctrlKey: true }, false, "shell"],
  ["c", { ctrlKey: true }, true, "copy"],
  ["C", { ctrlKey: true, shiftKey: true }, false, "copy"],
  ["c", { metaKey: true }, true, "shell"],
  ["v", { ctrlKey: true }, false, "browser"],
  ["V", { ctrlKey: true, shiftKey: true }, false, "browser"],
  ["Insert", { shiftKey: true }, false, "browser"],
  ["m", { ctrlKey: true }, false, "leave"],
  ["m", { ctrlKey: true, altKey: true }, false, "shell"],
  ["m", {}, false, "shell"],
  ["w", { ctrlKey: true }, true, "shell"],
  ["Tab", {}, false, "shell"],
])("%s with %o, something selected: %s", (key, modifiers, hasSelection, use) => {
  expect(useOf({ key, ...none, ...modifiers }, hasSelection)).toBe(use);
});
