import { afterAll, beforeAll, expect, it } from "vitest";
import { waitFor } from "../src/host/wait.ts";
import { labDown, labUp } from "../src/lab.ts";
import type { Lab } from "../src/state.ts";
import { makePlainGuest } from "./plain-guest.ts";
import { ProxmoxClient } from "./proxmox-client.ts";
import { SshKey } from "./ssh.ts";

const name = "plaintest";
const address = "10.0.6.20";

let lab: Lab;
let client: ProxmoxClient;
let key: SshKey;

beforeAll(async () => {
  lab = await labUp({ name, withPlainTemplate: true });
  key = await SshKey.create();
  client = ProxmoxClient.start(lab, "token");
});

afterAll(async () => {
  await client.stop();
  await key.remove();
  await labDown({ name });
});

it("makes an LXC without Docker, which can be installed without internet", async () => {
  await makePlainGuest(lab, client, key, { vmid: 120, hostname: "plain", address });
  expect(await key.succeeds(lab, address, "command -v docker")).toBe(false);
  await key.run(lab, address, "apt-get update");
  await key.run(
    lab,
    address,
    "DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends docker.io iptables",
  );
  await waitFor({
    what: "Docker in the LXC",
    deadlineMs: 60_000,
    intervalMs: 500,
    check: async () => ((await key.succeeds(lab, address, "docker info")) ? true : undefined),
  });
});
