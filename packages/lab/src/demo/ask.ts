/** Questions to the controller of a lab, through the CLI's JSON. */
import { BerthError } from "@berth/shared/errors";
import type { z } from "zod";
import { runBerth } from "./cli.ts";

/** What `berth PARAMETERS --json` prints. Throws `lab.failed` with what it said when it fails. */
export async function askBerth<Schema extends z.ZodType>(
  socket: string,
  parameters: readonly string[],
  schema: Schema,
): Promise<z.output<Schema>> {
  const { exitCode, stdout, stderr } = await runBerth(socket, [...parameters, "--json"], {});
  if (exitCode === 0) return schema.parse(JSON.parse(stdout));
  throw new BerthError("lab.failed", `\`berth ${parameters.join(" ")}\` failed: ${stderr.trim()}`);
}
