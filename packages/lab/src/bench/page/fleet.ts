/** A controller with simulated agents, of which the page is measured. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { repository } from "../../demo/controller.ts";
import {
  enrolNodes,
  freePort,
  type Simulator,
  startController,
  startSimulator,
  stop,
  waitForController,
} from "../simulated-agents.ts";

const connectMs = 60_000;

/** What runs on a node; see peer/agents.ts. */
export interface SimulatedNode {
  node: string;
  tenant: string | null;
  instances: { name: string; containers: string[] }[];
}

export interface PageFleet {
  layout: readonly SimulatedNode[];
  url: string;
  /** The controller's Unix socket. */
  socket: string;
  simulator: Simulator;
  close: () => Promise<void>;
}

/**
 * Of a node's containers, those that are more than its instances belong to the first. `owner`: the tenant that the first
 * node is of; null: nobody's.
 */
export function layoutOf(
  counts: readonly { instances: number; containers: number }[],
  owner: string | null = null,
): SimulatedNode[] {
  return counts.map(({ instances, containers }, index) => {
    const node = `node${index + 1}`;
    const of = index === 0 ? owner : null;
    return {
      node,
      tenant: of,
      instances: Array.from({ length: instances }, (_, place) => {
        const name = `${of ?? node}-service${place + 1}`;
        const others = place === 0 ? containers - instances : 0;
        return {
          name,
          containers: [name, ...Array.from({ length: others }, (_unused, more) => `${name}-${more + 2}`)],
        };
      }),
    };
  });
}

/** All agents are welcome, and 13 months of the tenant are written if there is one, when it is there. */
export async function openPageFleet(layout: readonly SimulatedNode[]): Promise<PageFleet> {
  const directory = await mkdtemp(join(tmpdir(), "berth-bench-page-"));
  const endings: (() => Promise<void>)[] = [() => rm(directory, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of endings.splice(0).toReversed()) await end();
  };
  try {
    const enrolled = await enrolNodes(directory, layout.length);
    const file = join(directory, "layout.json");
    await writeFile(file, JSON.stringify(layout));
    const script = join(repository, "packages/controller/src/serve/testing/fill-fleet.ts");
    const owner = layout[0]?.tenant ?? null;
    if (owner !== null) await execa(process.execPath, [script, enrolled.state, file, owner]);
    const configuration = join(directory, "configuration");
    await mkdir(configuration);
    const [agents, page] = [await freePort(), await freePort()];
    const doors = { socket: join(configuration, "controller.sock"), page: `127.0.0.1:${page}`, port: agents };
    const controller = startController(enrolled.state, doors);
    endings.push(() => stop(controller));
    await waitForController(doors.socket);
    const simulator = startSimulator([String(agents), enrolled.agents, String(layout.length), file]);
    endings.push(() => simulator.stop());
    await simulator.welcome(layout.length, connectMs);
    return { layout, url: `http://127.0.0.1:${page}`, socket: doors.socket, simulator, close };
  } catch (error) {
    await close();
    throw error;
  }
}
