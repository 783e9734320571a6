import { connect } from "node:net";
import type { Target, Try } from "./target.ts";

const patienceMilliseconds = 2000;

/** Whether somebody answers there: what a packet filter drops gives no answer at all. */
export function open(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: patienceMilliseconds });
    const end = (settle: () => void) => {
      socket.destroy();
      settle();
    };
    socket.once("connect", () => end(() => resolve(`${host}:${port} is open`)));
    socket.once("timeout", () => end(() => reject(new Error(`${host}:${port} does not answer`))));
    socket.once("error", (error) => end(() => reject(error)));
  });
}

export function networkTries({ victim, victimAddress, shared, controller }: Target): Try[] {
  const ports: [string, string, number][] = [
    [`${victim}'s Open WebUI`, victimAddress, 3000],
    [`${victim}'s n8n`, victimAddress, 5678],
    [`${victim}'s Flowise`, victimAddress, 3001],
    [`${victim}'s SSH`, victimAddress, 22],
    ["the shared node's SSH", shared, 22],
    ["the shared Redis", shared, 6379],
    ["the shared ClickHouse over HTTP", shared, 8123],
    ["the API of Proxmox VE", controller, 8006],
    ["the controller's page", controller, 8420],
    ["the controller's port for agents", controller, 8421],
  ];
  return ports.map(([what, host, port]) => ({ name: `opens ${what}`, run: () => open(host, port) }));
}
