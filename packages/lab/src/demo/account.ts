import { randomBytes } from "node:crypto";
import { BerthError } from "@berth/shared/errors";
import { readIfPresent, writeWhole } from "../host/files.ts";
import { runBerth } from "./cli.ts";

export interface DemoAccount {
  name: string;
  passwordFile: string;
}

/** An account for the page, with a password of its own, made once. */
export async function ensureAccount(socket: string, passwordFile: string): Promise<DemoAccount> {
  const account = { name: "admin", passwordFile };
  if ((await readIfPresent(passwordFile)) !== undefined) return account;
  const password = randomBytes(12).toString("base64url");
  const parameters = ["account", "set", account.name, "--role", "admin", "--password-file", "-"];
  const { exitCode, stderr } = await runBerth(socket, parameters, { input: password });
  if (exitCode !== 0) throw new BerthError("lab.failed", `The account could not be made: ${stderr}`);
  await writeWhole(passwordFile, password);
  return account;
}
