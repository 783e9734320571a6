/** The rules on ports that a real Docker engine publishes: by its translation, and by its userland proxy alone. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startDocker, type TestDocker } from "../testing/docker.ts";
import { type Lan, makeLan, runInside } from "../testing/lan.ts";
import type { Namespace } from "../testing/namespace.ts";
import { opens, type Peer, startEcho } from "../testing/peers.ts";
import { Nft } from "./nft.ts";
import { renderRuleset } from "./ruleset.ts";

const addresses = { shared: "10.99.0.10", friend: "10.99.0.11", stranger: "10.99.0.12" } as const;
const never = new AbortController().signal;
const image = "test/web:1";
/** Published by a container on Docker's default bridge, and by one on a network of its own. */
const ports = { bridge: 8081, network: 8082 } as const;

let directory: string;
let lan: Lan;
let shared: Namespace;
let friend: Namespace;
let stranger: Namespace;
let docker: TestDocker;
let echo: Peer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-docker-ports-"));
  lan = await makeLan();
  shared = await lan.addNode(addresses.shared);
  friend = await lan.addNode(addresses.friend);
  stranger = await lan.addNode(addresses.stranger);
  echo = await startEcho(stranger, 7000);
  docker = await startDocker(join(directory, "docker"), shared);
  await docker.importImage(image, ["httpd", "-f", "-p", "80", "-h", "/www"]);
  await docker.client.createNetwork({ Name: "berth", Driver: "bridge" });
  for (const network of ["bridge", "network"] as const) {
    const container = await docker.client.createContainer({
      name: network,
      Image: image,
      ExposedPorts: { "80/tcp": {} },
      HostConfig: {
        NetworkMode: network === "bridge" ? "bridge" : "berth",
        PortBindings: { "80/tcp": [{ HostPort: String(ports[network]) }] },
      },
    });
    await container.start();
  }
});
afterAll(async () => {
  await docker.stop();
  await echo.kill("SIGKILL");
  await lan.remove();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  const [file, ...args] = shared.inside(["nft"]);
  const inbound = [
    { networks: [addresses.friend], ports: Object.values(ports), verdict: "accept" as const },
    { networks: ["10.99.0.0/24"], ports: null, verdict: "drop" as const },
  ];
  const outbound = [{ networks: [addresses.stranger], ports: null, verdict: "drop" as const }];
  await new Nft([file, ...args]).apply(renderRuleset({ inbound, outbound }), never);
});

async function withoutRules<T>(ask: () => Promise<T>): Promise<T> {
  await runInside(shared, ["nft", "delete table inet berth"]);
  return ask();
}

describe.each(Object.entries(ports))("a port of a container on a %s", (name, port) => {
  it("is open to those who may, and closed to others", async () => {
    expect(await opens(friend, addresses.shared, port)).toBe(true);
    expect(await opens(stranger, addresses.shared, port)).toBe(false);
    expect(await withoutRules(() => opens(stranger, addresses.shared, port))).toBe(true);
  });

  it("is open to the node itself, and to its containers", async () => {
    expect(await opens(shared, "127.0.0.1", port)).toBe(true);
    expect(await opens(shared, addresses.shared, port)).toBe(true);
    expect(await reaches(name, addresses.shared, port)).toBe(true);
  });

  it("lets nothing out to where its container may not", async () => {
    expect(await reaches(name, addresses.stranger, 7000)).toBe(false);
    expect(await withoutRules(() => reaches(name, addresses.stranger, 7000))).toBe(true);
  });
});

it("judges what Docker's userland proxy takes by itself", async () => {
  await runInside(shared, ["iptables", "-t", "nat", "-F", "DOCKER"]);
  expect(await opens(friend, addresses.shared, ports.bridge)).toBe(true);
  expect(await opens(stranger, addresses.shared, ports.bridge)).toBe(false);
  expect(await withoutRules(() => opens(stranger, addresses.shared, ports.bridge))).toBe(true);
});

/** Whether a connection can be opened from within the container. */
async function reaches(container: string, host: string, port: number): Promise<boolean> {
  const exec = await docker.client.getContainer(container).exec({
    Cmd: ["busybox", "nc", "-w", "1", host, String(port)],
    AttachStdout: true,
  });
  const stream = await exec.start({});
  for await (const chunk of stream) void chunk;
  return (await exec.inspect()).ExitCode === 0;
}
