/** Names and addresses that the TLS listener's certificate is for. */
import { hostname } from "node:os";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { ServeOptions } from "./options.ts";
import { ownAddresses } from "./own-addresses.ts";

/** `fleet`: undefined before the first apply. */
export function namesOf({ host }: ServeOptions["agents"], fleet: Fleet | undefined): string[] {
  const configured = host === "0.0.0.0" || host === "::" ? [] : [host];
  const address = fleet === undefined ? [] : [fleet.controller.address];
  return [...new Set([...configured, ...address, hostname(), "localhost", "127.0.0.1", ...ownAddresses()])];
}
