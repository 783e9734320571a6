import { errorCatalogue } from "@berth/shared/errors";
import { expect, test } from "vitest";
import { cliReference } from "./reference.ts";

test("docs/cli.md is what the commands say", async () => {
  await expect(await cliReference()).toMatchFileSnapshot("../../../../docs/cli.md");
});

test("every exit code of the error catalogue is explained", async () => {
  const reference = await cliReference();
  for (const { exitCode } of Object.values(errorCatalogue)) expect(reference).toContain(`\n| ${exitCode} | `);
});
