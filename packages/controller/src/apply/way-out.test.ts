import { expect, test } from "vitest";
import { wayOut } from "./way-out.ts";

test.each([
  ["nodes.user3", "`berth node remove user3` removes it"],
  ["tenants.user3", "`berth tenant remove user3` removes it"],
  ["tenants.user3.suspended", "`berth tenant resume user3` ends it"],
  ["tenants.user3.services.n8n.suspended", "`berth start user3-n8n` ends it"],
  ["services.shared.ollama.suspended", "`berth start shared-ollama` ends it"],
  ["services.shared.ollama", "--prune removes it"],
])("of %s", (path, sentence) => {
  expect(wayOut(path)).toBe(sentence);
});
