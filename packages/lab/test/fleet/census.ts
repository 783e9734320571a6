/** Counts the containers that are started on nodes, also those that are gone a moment later or whose starter died. */
import { attachTo, type Guest } from "./guest.ts";
import { spawnInNamespace } from "../../src/network/namespace.ts";
import type { Lab } from "../../src/state.ts";

export interface StartCensus {
  /** One entry for each start since the census began: the container's name. */
  starts: () => string[];
  stop: () => Promise<void>;
}

/** Listens to Docker itself, from a moment that has passed already: nothing falls between. */
export function takeStartCensus(lab: Lab, guests: readonly Guest[]): StartCensus {
  const since = (Date.now() / 1000).toFixed(3);
  const filters = ["--filter", "type=container", "--filter", "event=start"];
  const events = ["docker", "events", "--since", since, ...filters, "--format", "{{.Actor.Attributes.name}}"] as const;
  const listeners = guests.map((guest) => {
    const listener = spawnInNamespace(lab.namespace, attachTo(lab, guest.vmid, events), {
      reject: false,
      buffer: false,
    });
    let output = "";
    listener.stdout.on("data", (data) => {
      output += String(data);
    });
    return { listener, output: () => output };
  });
  return {
    starts: () =>
      listeners.flatMap(({ output }) =>
        output()
          .split("\n")
          .filter((line) => line !== ""),
      ),
    stop: async () => {
      for (const { listener } of listeners) listener.kill("SIGKILL");
      await Promise.all(listeners.map(({ listener }) => listener));
    },
  };
}
