import { expect, it } from "vitest";
import { readTerminalAddress, terminalAddress } from "./terminal-address.ts";

it.each([
  ["user1-n8n", undefined, "/terminal?instance=user1-n8n"],
  ["shared-supabase", "shared-supabase-auth", "/terminal?instance=shared-supabase&container=shared-supabase-auth"],
])("of %s, container %s", (instance, container, address) => {
  expect(terminalAddress(instance, container)).toBe(address);
  expect(readTerminalAddress(new URL(address, "http://berth").search)).toEqual({ instance, container });
});
