/** Counts the containers that are started on nodes, also those that are gone a moment later or whose starter died. */
import { waitFor } from "../../src/host/wait.ts";
import { spawnInNamespace } from "../../src/network/namespace.ts";
import type { Lab } from "../../src/state.ts";
import { attachTo } from "../../src/containers/attach.ts";
import type { Guest } from "./guest.ts";

export interface StartCensus {
  /** The container's name, once for each start since the census began. */
  starts: () => string[];
  stop: () => Promise<void>;
}

/** Listens to Docker itself, beginning with a moment that has passed already: nothing falls between. */
export async function takeStartCensus(lab: Lab, guests: readonly Guest[]): Promise<StartCensus> {
  const since = (Date.now() / 1000).toFixed(3);
  const listeners = await Promise.all(guests.map((guest) => listen(lab, guest, since)));
  return {
    starts: () => listeners.flatMap(({ lines }) => lines().slice(1)),
    stop: async () => {
      await Promise.all(listeners.map(({ stop }) => stop()));
    },
  };
}

async function listen(lab: Lab, guest: Guest, since: string) {
  const filters = "--filter type=container --filter event=start";
  // Its process id first: it can only be ended from inside the LXC.
  const script = `echo $$; exec docker events --since ${since} ${filters} --format '{{.Actor.Attributes.name}}'`;
  const listener = spawnInNamespace(lab.namespace, attachTo(lab, guest.vmid, ["sh", "-c", script]), { reject: false });
  let output = "";
  listener.stdout.on("data", (data) => {
    output += String(data);
  });
  const lines = (): string[] => output.split("\n").filter((line) => line !== "");
  const pid = await waitFor({ what: "The listener to Docker", deadlineMs: 20_000, check: () => lines()[0] });
  return {
    lines,
    stop: async () => {
      await guest.try(["kill", pid]);
      await listener;
    },
  };
}
