/** A node of the fleet from below: as root inside its LXC, without its network, its agent or SSH. */
import { attachTo, initOf } from "../../src/containers/attach.ts";
import type { Argv, CommandOptions, CommandOutcome } from "../../src/host/command.ts";
import { waitFor } from "../../src/host/wait.ts";
import { findGuestByAddress } from "../../src/lab.ts";
import { runInNamespace, tryInNamespace } from "../../src/network/namespace.ts";
import type { Lab } from "../../src/state.ts";

export interface Guest {
  vmid: number;
  address: string;
  run: (argv: Argv, options?: CommandOptions) => Promise<string>;
  try: (argv: Argv, options?: CommandOptions) => Promise<CommandOutcome>;
  /** Its file system, as this machine's processes see it. */
  root: () => Promise<string>;
}

/** Also while it is restarted: its init is looked up each time. */
export async function guestAt(lab: Lab, address: string): Promise<Guest> {
  const vmid = await findGuestByAddress(lab, address);
  return {
    vmid,
    address,
    run: (argv, options) => runInNamespace(lab.namespace, attachTo(lab, vmid, argv), options),
    try: (argv, options) => tryInNamespace(lab.namespace, attachTo(lab, vmid, argv), options),
    root: async () => `/proc/${await initOf(lab, vmid)}/root`,
  };
}

/** Id of the container of that name, of a running one unless told otherwise; undefined when there is none. */
export async function containerId(guest: Guest, name: string): Promise<string | undefined> {
  const { exitCode, stdout } = await guest.try(["docker", "inspect", "--format", "{{.Id}} {{.State.Running}}", name]);
  const [id, running] = stdout.trim().split(" ");
  return exitCode === 0 && running === "true" ? id : undefined;
}

/** Names and ids of every container on the node, stopped ones too. */
export async function containers(guest: Guest): Promise<Map<string, string>> {
  const listing = await guest.run(["docker", "ps", "--all", "--no-trunc", "--format", "{{.Names}} {{.ID}}"]);
  const rows = listing.split("\n").filter((line) => line !== "");
  return new Map(
    rows.map((row) => {
      const [name = "", id = ""] = row.split(" ");
      return [name, id];
    }),
  );
}

/** Kills the main process of a systemd service, at once, and leaves it to systemd to bring it back. */
export async function killService(guest: Guest, service: string): Promise<void> {
  await guest.try(["systemctl", "kill", "--kill-whom=main", "--signal=SIGKILL", service]);
}

export async function waitForDocker(guest: Guest): Promise<void> {
  await waitFor({
    what: `Docker on ${guest.address}`,
    deadlineMs: 60_000,
    intervalMs: 300,
    check: async () => ((await guest.try(["docker", "info"])).exitCode === 0 ? true : undefined),
  });
}
