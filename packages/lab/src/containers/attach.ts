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

/** The running LXC that has an address, such as "10.0.6.10". */
export async function attachGuest(lab: Lab, address: string): Promise<AttachedGuest> {
  const vmid = await findGuestByAddress(lab, address);
  const guestsDirectory = join(lab.stateDirectory, "guests");
  const host = {
    cgroup: lab.namespace,
    namespace: lab.namespace,
    guestsDirectory,
    lxcfsDirectory: lxcfsDirectoryOf(guestsDirectory),
  };
  const init = await guestInit(host, vmid);
  if (init === undefined) throw new BerthError("lab.failed", `CT ${vmid} (${address}) does not run`);
  const attach = (argv: Argv): Argv => [
    ...(["lxc-attach", "--lxcpath", guestsDirectory, "--name", String(vmid), "--clear-env", "--"] as const),
    ...argv,
  ];
  return {
    address,
    init,
    root: `/proc/${init}/root`,
    attach,
    run: (argv, options) => runInNamespace(lab.namespace, attach(argv), options),
    try: (argv, options) => tryInNamespace(lab.namespace, attach(argv), options),
  };
}
