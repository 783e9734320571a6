import * as z from "zod";
import { parameterFailure } from "./failures.ts";
import { parseFeatures, parseNetwork, printPropertyString } from "./formats.ts";
import { decimal, enumeration, flag, formatted, integer, text } from "./parameters.ts";

const dnsName = /^[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i;
const addressList = /^(host|[\da-f.:%]+([\s,;\0]+[\da-f.:%]+)*)$/i;

/** The options of a guest that both its creation and its configuration take; names and limits are Proxmox VE's. */
export const guestOptions = {
  arch: enumeration(["amd64", "i386", "arm64", "armhf", "riscv32", "riscv64"]).optional(),
  cmode: enumeration(["shell", "console", "tty"]).optional(),
  console: flag().optional(),
  cores: integer(1, 8192).optional(),
  cpulimit: decimal(0, 8192).optional(),
  cpuunits: integer(0, 500_000).optional(),
  description: text({ maxLength: 8192 }).optional(),
  dev0: text().optional(),
  features: text().optional(),
  hookscript: text().optional(),
  hostname: formatted(dnsName, "value does not look like a valid DNS name", 255).optional(),
  memory: integer(16).optional(),
  mp0: text().optional(),
  nameserver: formatted(addressList, "value does not look like a valid IP address list").optional(),
  net0: text().optional(),
  onboot: flag().optional(),
  ostype: enumeration(["debian", "devuan", "ubuntu", "unmanaged"]).optional(),
  protection: flag().optional(),
  rootfs: text().optional(),
  searchdomain: text({ maxLength: 255 }).optional(),
  startup: text().optional(),
  swap: integer(0).optional(),
  tags: formatted(/^[a-z\d_][\w.+-]*([;, ][a-z\d_][\w.+-]*)*$/i, "value does not look like a list of tags").optional(),
  template: flag().optional(),
  timezone: text().optional(),
  tty: integer(0, 6).optional(),
};

/** A guest's configuration as it is kept and as GET …/config shows it, but for booleans (1 and 0 on the wire). */
export const guestConfigSchema = z.object({
  arch: z.string(),
  cmode: z.string().optional(),
  console: z.boolean().optional(),
  cores: z.int().optional(),
  cpulimit: z.number().optional(),
  cpuunits: z.int().optional(),
  description: z.string().optional(),
  dev0: z.string().optional(),
  features: z.string().optional(),
  hookscript: z.string().optional(),
  hostname: z.string(),
  memory: z.int(),
  mp0: z.string().optional(),
  nameserver: z.string().optional(),
  net0: z.string().optional(),
  onboot: z.boolean().optional(),
  ostype: z.string(),
  protection: z.boolean().optional(),
  rootfs: z.string(),
  searchdomain: z.string().optional(),
  startup: z.string().optional(),
  swap: z.int(),
  tags: z.string().optional(),
  template: z.boolean().optional(),
  timezone: z.string().optional(),
  tty: z.int().optional(),
  unprivileged: z.boolean().optional(),
});
export type GuestConfig = z.infer<typeof guestConfigSchema>;

const guestOptionsSchema = z.object(guestOptions);
export type GuestOptions = z.output<typeof guestOptionsSchema>;
export type OptionName = keyof typeof guestOptions;

export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(guestOptions, name);
}

/** The options among verified parameters, property strings checked and put into Proxmox VE's own order. */
export function pickOptions(parameters: Record<string, unknown>): GuestOptions {
  const options = guestOptionsSchema.parse(
    Object.fromEntries(Object.entries(parameters).filter(([name, value]) => isOptionName(name) && value !== undefined)),
  );
  if (options.net0 !== undefined) options.net0 = printPropertyString(parseNetwork(options.net0));
  if (options.features !== undefined) options.features = printPropertyString(parseFeatures(options.features));
  return options;
}

/** Options that a configuration cannot be without are set back to their defaults, the others are taken out. */
export function withoutOptions(config: GuestConfig, names: readonly string[]): GuestConfig {
  const defaults: Partial<GuestConfig> = { arch: "amd64", ostype: "debian", memory: 512, swap: 512 };
  const kept = Object.entries(config).filter(([name]) => !names.includes(name));
  if (names.includes("rootfs")) throw parameterFailure({ delete: "unable to delete required option 'rootfs'" });
  return guestConfigSchema.parse({ hostname: "CT", ...defaults, ...Object.fromEntries(kept) });
}
