import { expect, it } from "vitest";
import { sentences } from "./sentences.ts";

it.each([
  [{ message: "Name or password is wrong" }, "Name or password is wrong."],
  [{ message: "No disk", hint: "Is it full?" }, "No disk. Is it full?"],
  [{ message: "It ended.", hint: "`berth run list` shows runs" }, "It ended. `berth run list` shows runs."],
])("%j", (error, text) => expect(sentences(error)).toBe(text));
