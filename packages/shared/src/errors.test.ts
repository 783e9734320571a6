import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BerthError, errorCatalogue, toBerthError } from "./errors.ts";

test("docs/errors.md lists the catalogue as it is", () => {
  const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
  const listed = page.split("\n").filter((line) => line.startsWith("| `"));
  const wanted = Object.entries(errorCatalogue).map(
    ([code, { httpStatus, exitCode, retryable, meaning }]) =>
      `| \`${code}\` | ${httpStatus} | ${exitCode} | ${retryable ? "yes" : "no"} | ${meaning} |`,
  );
  expect(listed).toEqual(wanted);
});

test("what was thrown keeps its words, and a BerthError its code", () => {
  const error = new BerthError("conflict", "Taken", { hint: "Choose another" });
  expect(toBerthError(error)).toBe(error);
  expect(error.toBody()).toEqual({ code: "conflict", message: "Taken", hint: "Choose another" });
  expect(toBerthError(new Error("odd"), "store.failed")).toMatchObject({ code: "store.failed", message: "odd" });
});
