import { expect, test, vi } from "vitest";
import { rememberLast } from "./remember-last.ts";

test("the same object is asked for once, another one anew, and a failure is not kept", () => {
  const ask = vi.fn(({ name }: { name: string }) => {
    if (name === "broken") throw new Error("mistaken");
    return [name];
  });
  const answer = rememberLast(ask);
  const [one, equal, broken] = [{ name: "one" }, { name: "one" }, { name: "broken" }];
  expect(answer(one)).toBe(answer(one));
  expect(ask).toHaveBeenCalledTimes(1);
  expect(answer(equal)).toEqual(["one"]);
  expect(ask).toHaveBeenCalledTimes(2);
  for (const _ of [1, 2]) expect(() => answer(broken)).toThrow("mistaken");
  expect(ask).toHaveBeenCalledTimes(4);
});
