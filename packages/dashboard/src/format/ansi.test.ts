import { expect, it } from "vitest";
import { stripControls } from "./ansi.ts";

it.each([
  ["\u001b[32minfo\u001b[39m ready", "info ready"],
  ["\u001b[1;38;5;208mwarn\u001b[0m", "warn"],
  ["\u001b]0;title\u0007text", "text"],
  ["\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\", "link"],
  ["progress 10%\rprogress 20%", "progress 10%progress 20%"],
  ["a\tb ünï 🙂 <b>", "a\tb ünï 🙂 <b>"],
])("leaves the text of %j", (line, text) => expect(stripControls(line)).toBe(text));
