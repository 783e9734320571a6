/** A key whose certificate is on its way: kept, so that an interrupted enrolment or renewal goes on with it. */
import { rm } from "node:fs/promises";
import { type AgentConfig, pendingKeyFile } from "../config.ts";
import { readIfPresent, writeAtomically } from "../files.ts";
import type { KeyAndRequest } from "./request.ts";

/** The pending key, made when there is none, and a request for its certificate. */
export async function pendingRequest(config: AgentConfig): Promise<KeyAndRequest> {
  const { makeKeyAndRequest, makeRequest } = await import("./request.ts");
  const pending = await readIfPresent(pendingKeyFile(config));
  if (pending !== null) return { key: pending, csr: await makeRequest(pending) };
  const made = await makeKeyAndRequest();
  await writeAtomically(pendingKeyFile(config), made.key);
  return made;
}

export async function readPendingKey(config: AgentConfig): Promise<string | null> {
  return readIfPresent(pendingKeyFile(config));
}

export async function forgetPendingKey(config: AgentConfig): Promise<void> {
  await rm(pendingKeyFile(config), { force: true });
}
