/** A node from below: as root inside its LXC, without its network, its agent or SSH. */
import { BerthError } from "@berth/shared/errors";
import { join } from "node:path";
import type { Argv, CommandOptions, CommandOutcome } from "../host/command.ts";
import { findGuestByAddress } from "../lab.ts";
import { runInNamespace, tryInNamespace } from "../network/namespace.ts";
import type { Lab } from "../state.ts";
import { guestInit, lxcfsDirectoryOf } from "./lifecycle.ts";

export interface AttachedGuest {
  address: string;
  /** Process id of its init, as this machine counts. */
  init: number;
  /** Its file system, as this machine's processes see it. */
  root: string;
  /** The command that runs `argv` inside; it is to be started inside the lab's namespace. */
  attach: (argv: Argv) => Argv;
  run: (argv: Argv, options?: CommandOptions) => Promise<string>;
  try: (argv: Argv, options?: CommandOptions) => Promise<CommandOutcome>;
}

/** The command that runs `argv` as root inside an LXC, beside what runs there; it is to be started inside the lab's namespace. */
export function attachTo({ stateDirectory }: Lab, vmid: number, argv: Argv): Argv {
  const guestsDirectory = join(stateDirectory, "guests");
  return ["lxc-attach", "--lxcpath", guestsDirectory, "--name", String(vmid), "--clear-env", "--", ...argv];
}

/** Process id of the LXC's init, as this machine counts. */
export async function initOf({ stateDirectory, namespace }: Lab, vmid: number): Promise<number> {
  const guestsDirectory = join(stateDirectory, "guests");
  const lxcfsDirectory = lxcfsDirectoryOf(guestsDirectory);
  const init = await guestInit({ cgroup: namespace, namespace, guestsDirectory, lxcfsDirectory }, vmid);
  if (init === undefined) throw new BerthError("lab.failed", `CT ${vmid} does not run`);
  return init;
}

/** The running LXC that has an address, such as "10.0.6.10". */
export async function attachGuest(lab: Lab, address: string): Promise<AttachedGuest> {
  const vmid = await findGuestByAddress(lab, address);
  const init = await initOf(lab, vmid);
  const attach = (argv: Argv): Argv => attachTo(lab, vmid, argv);
  return {
    address,
    init,
    root: `/proc/${init}/root`,
    attach,
    run: (argv, options) => runInNamespace(lab.namespace, attach(argv), options),
    try: (argv, options) => tryInNamespace(lab.namespace, attach(argv), options),
  };
}
