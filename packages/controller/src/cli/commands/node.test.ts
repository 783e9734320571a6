import { listDisks, type NodeDisks } from "@berth/shared/api/disks";
import { addNode, createJoinToken, getNode, listNodes, removeNode, upgradeAgent } from "@berth/shared/api/nodes";
import { BerthError, errorCatalogue } from "@berth/shared/errors";
import type { NodeStatus } from "@berth/shared/api/status";
import type { FileSystem } from "@berth/shared/protocol/disks";
import { describe, expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController } from "../testing/controller.ts";
import { instanceStatus, nodeStatus, run, step } from "../testing/fixtures.ts";
import { runInTest } from "../testing/terminal.ts";

const fingerprint = `SHA256:${"a".repeat(43)}`;

test("node list", async () => {
  await using controller = await startTestController((app) =>
    serveEndpoint(app, listNodes, async () => ({
      nodes: [nodeStatus({ outdated: true, state: "enrolling", lastSeen: null })],
    })),
  );
  expect((await runInTest(["node", "list", "--controller", controller.address])).stdout).toBe(
    `NODE   ADDRESS    STATE      AGENT             SEEN   HOST
user1  10.0.6.11  enrolling  0.1.0 (outdated)  never  Debian GNU/Linux 12 (bookworm)
`,
  );
  const { stdout } = await runInTest(["node", "list", "--json", "--controller", controller.address]);
  expect(JSON.parse(stdout)).toMatchObject({ nodes: [{ name: "user1", address: "10.0.6.11", state: "enrolling" }] });
});

const gib = 1024 ** 3;

function fileSystem(mountpoint: string, used: number | null, changes: Partial<FileSystem> = {}): FileSystem {
  return {
    ...{ mountpoint, device: "/dev/sdb1", type: "ext4", readOnly: false, inodes: { used: 5, total: 1000 } },
    ...{ usedBytes: used === null ? null : used * gib, sizeBytes: used === null ? null : 100 * gib },
    ...changes,
  };
}

function startNode(disks: NodeDisks[], changes: Partial<NodeStatus> = {}) {
  return startTestController((app) => {
    serveEndpoint(app, getNode, async () => ({ ...nodeStatus(changes), instances: [instanceStatus()] }));
    serveEndpoint(app, listDisks, async ({ query }) => ({ nodes: disks.filter(({ node }) => node === query.node) }));
  });
}

test("node show: file systems, and the largest of its volumes", async () => {
  const readAt = "2026-11-24T06:31:00.000Z";
  const away = { type: "nfs4", device: "nas:/export", inodes: null, readOnly: true };
  const small = Array.from({ length: 11 }, (_, index) => ({
    ...{ name: `small-${index}`, instance: null, bytes: 1024 ** 2, measuredAt: readAt },
  }));
  const disks: NodeDisks = {
    ...{ node: "user1", readAt },
    fileSystems: [fileSystem("/", 20), fileSystem("/mnt/models", 95), fileSystem("/mnt/nas", null, away)],
    volumes: [{ name: "user1-n8n-data", instance: "user1-n8n", bytes: 3 * gib, measuredAt: readAt }, ...small],
  };
  await using controller = await startNode([{ ...disks, node: "user2" }, disks]);
  const words = ["node", "show", "user1", "--controller", controller.address];
  const { stdout } = await runInTest(words);
  expect(stdout.slice(stdout.indexOf("MOUNT")))
    .toBe(`MOUNT             USED     SIZE  FULL  INODES  TYPE             DEVICE
/             20.0 GiB  100 GiB  20 %     1 %  ext4             /dev/sdb1
/mnt/models   95.0 GiB  100 GiB  95 %     1 %  ext4             /dev/sdb1
/mnt/nas     no answer        -     -       -  nfs4, read-only  nas:/export

VOLUME              SIZE  INSTANCE   MEASURED
user1-n8n-data  3.00 GiB  user1-n8n  12s ago
${small
  .slice(0, 9)
  .map(({ name }) => `${name}         1.00 MiB  -          12s ago\n`)
  .join("")}2 smaller volumes more: 2.00 MiB.
`);
  const { stdout: json } = await runInTest([...words, "--json"]);
  expect(JSON.parse(json)).toMatchObject({ name: "user1", instances: [{ name: "user1-n8n" }], disks });
});

test("node show of a node that is away: its disks as it told them last", async () => {
  const readAt = "2026-11-24T04:31:00.000Z";
  await using controller = await startNode([
    { node: "user1", readAt, fileSystems: [fileSystem("/", 20)], volumes: [] },
  ]);
  const { stdout } = await runInTest(["node", "show", "user1", "--controller", controller.address]);
  expect(stdout).toContain("\n\nIts disks, as told 2h 00m ago:\n\nMOUNT");
});

test("node show", async () => {
  await using controller = await startNode([]);
  expect((await runInTest(["node", "show", "user1", "--controller", controller.address])).stdout).toBe(`node     user1
address  10.0.6.11
state    online
agent    0.1.0
seen     12s ago
clock    3 ms from the controller's
VMID     101
host     user1, Debian GNU/Linux 12 (bookworm), x64, kernel 6.1.0
size     2 cores, 4GiB
Docker   20.10.24, cgroup v2

INSTANCE   SERVICE  VERSION  NODE   TENANT  STATE    PORTS  DRIFT
user1-n8n  n8n      2.41.3   user1  user1   healthy  5678   -
`);
});

test("node show of one with more containers than are measured", async () => {
  await using controller = await startNode([], { containersRunning: 1234 });
  const words = ["node", "show", "user1", "--controller", controller.address];
  expect((await runInTest(words)).stdout).toContain(`Docker   20.10.24, cgroup v2

warning: More than 1000 containers run on this node: 1000 of them are measured, those of instances before others.

INSTANCE`);
  expect(JSON.parse((await runInTest([...words, "--json"])).stdout)).toMatchObject({ containersRunning: 1234 });
});

test("node add asks for what the words say and follows the run", async () => {
  const done = run(
    [step({ id: "agent.ensure/user4", kind: "agent.ensure", node: "user4", target: "user4", state: "succeeded" })],
    {
      kind: "node.add",
      state: "succeeded",
      endedAt: "2026-11-24T06:31:09.000Z",
    },
  );
  const bodies: unknown[] = [];
  await using controller = await startTestController((app) =>
    serveEndpoint(app, addNode, async ({ body }) => {
      bodies.push(body);
      return { run: done };
    }),
  );
  const words = [
    "node",
    "add",
    "10.0.6.14",
    "--name",
    "user4",
    "--ssh",
    "admin@10.0.6.14:2222",
    "--host-key",
    fingerprint,
  ];
  expect(await runInTest([...words, "--controller", controller.address])).toEqual({
    exitCode: 0,
    stdout: "Run 12 succeeded after 9.0s: 1 succeeded.\n",
    stderr: "Waiting for SSH at admin@10.0.6.14:2222, for at most 20 s\n06:31:12 user4: install agent user4: done\n",
  });
  expect(bodies).toEqual([
    { name: "user4", address: "10.0.6.14", ssh: { user: "admin", port: 2222, hostKey: fingerprint } },
  ]);
  await runInTest(["node", "add", "10.0.6.14", "--controller", controller.address]);
  expect(bodies[1]).toEqual({ name: "node-10-0-6-14", address: "10.0.6.14", ssh: { user: "root", port: 22 } });
});

test("node add that fails on the host says how to take the node out again", async () => {
  const failed = run([step({ kind: "agent.ensure", node: "user4", target: "user4", state: "failed" })], {
    kind: "node.add",
    state: "failed",
    endedAt: "2026-11-24T06:31:09.000Z",
  });
  await using controller = await startTestController((app) =>
    serveEndpoint(app, addNode, async () => ({ run: failed })),
  );
  const { exitCode, stderr } = await runInTest(["node", "add", "10.0.6.14", "--controller", controller.address]);
  expect(exitCode).toBe(errorCatalogue["run.failed"].exitCode);
  expect(stderr).toMatch(
    /`berth run resume 12` tries again.* `berth node remove user4` takes it out of the fleet again\./,
  );
});

test("a node that is there already is nothing to do", async () => {
  await using controller = await startTestController((app) => serveEndpoint(app, addNode, async () => ({ run: null })));
  const { exitCode, stdout } = await runInTest(["node", "add", "10.0.6.14", "--controller", controller.address]);
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: "Nothing to do: the node is in the fleet and online.\n",
  });
});

test.each([
  ["root@10.0.6.15", "error: --ssh names the host 10.0.6.15, but the node's address is 10.0.6.14.\n"],
  ["a@b@c", "error: 'a@b@c' is not a way to log in.\n"],
])("--ssh %s is refused before anything is asked of the controller", async (ssh, message) => {
  const { exitCode, stderr } = await runInTest([
    "node",
    "add",
    "10.0.6.14",
    "--ssh",
    ssh,
    "--controller",
    "unix:/nonexistent",
  ]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
});

test("node remove, with and without force", async () => {
  const queries: unknown[] = [];
  await using controller = await startTestController((app) =>
    serveEndpoint(app, removeNode, async ({ query }) => {
      queries.push(query);
      return { removed: true, enrolled: true, uninstalled: query.uninstall, uninstallCommand: null, run: null };
    }),
  );
  const remove = ["node", "remove", "user3", "--controller", controller.address];
  expect((await runInTest(remove)).stdout).toBe("Removed user3; its agent was taken off the host.\n");
  expect((await runInTest([...remove, "--force", "--keep-agent"])).stdout).toBe(
    "Removed user3; its agent is still installed on the host, and can do nothing any more.\n",
  );
  expect(queries).toEqual([
    { force: false, uninstall: true },
    { force: true, uninstall: false },
  ]);
});

test.each([
  [{ enrolled: false, uninstallCommand: null }, "Removed user3; no agent of it ever enrolled.\n"],
  [
    { enrolled: true, uninstallCommand: "(curl …)" },
    "Removed user3; its agent is still installed on the host, and can do nothing any more. " +
      "This takes it off, run there as root:\n(curl …)\n",
  ],
])("node remove tells where the agent is: %j", async (answer, stdout) => {
  await using controller = await startTestController((app) =>
    serveEndpoint(app, removeNode, async () => ({ removed: true, uninstalled: false, run: null, ...answer })),
  );
  expect((await runInTest(["node", "remove", "user3", "--controller", controller.address])).stdout).toBe(stdout);
});

test("node token prints the line alone on stdout", async () => {
  await using controller = await startTestController((app) =>
    serveEndpoint(app, createJoinToken, async ({ body }) => ({
      token: "t0ken",
      command: `install ${body.name} ${body.address ?? "as known"} ${body.validSeconds}`,
      expiresAt: "2026-11-24T07:31:12.000Z",
      address: body.address ?? "10.0.6.14",
      added: body.address !== undefined,
    })),
  );
  expect(await runInTest(["node", "token", "user4", "10.0.6.14", "--controller", controller.address])).toEqual({
    exitCode: 0,
    stdout: "install user4 10.0.6.14 3600\n",
    stderr:
      "user4 is in the fleet now; `berth node remove user4` takes it out again.\n" +
      "Run this on 10.0.6.14 as root, once, before 2026-11-24T07:31:12.000Z:\n",
  });
  expect(await runInTest(["node", "token", "user4", "--controller", controller.address])).toEqual({
    exitCode: 0,
    stdout: "install user4 as known 3600\n",
    stderr: "Run this on 10.0.6.14 as root, once, before 2026-11-24T07:31:12.000Z:\n",
  });
});

describe("node upgrade-agent", () => {
  const nodes = [
    nodeStatus({ name: "user1", outdated: true }),
    nodeStatus({ name: "user3", outdated: true, state: "offline" }),
    nodeStatus({ name: "user5", outdated: false }),
    nodeStatus({ name: "user2", outdated: true }),
    nodeStatus({ name: "user4", outdated: true }),
  ];

  async function upgrade(...words: string[]) {
    await using controller = await startTestController((app) => {
      serveEndpoint(app, listNodes, async () => ({ nodes }));
      serveEndpoint(app, upgradeAgent, async ({ params: { name } }) => {
        if (name === "user2") throw new BerthError("disk.full", "No space is left.");
        return { from: "0.1.0", to: "0.2.0", changed: name !== "user5" };
      });
    });
    return await runInTest(["node", "upgrade-agent", ...words, "--controller", controller.address]);
  }

  test("takes names", async () => {
    expect((await upgrade("user1", "user5")).stdout).toBe(
      "The agent of user1 went from 0.1.0 to 0.2.0.\nThe agent of user5 is at 0.2.0 already.\n",
    );
  });

  test("--outdated takes those online one by one, and ends at the first that fails, telling what was done", async () => {
    const { stdout, stderr, exitCode } = await upgrade("--outdated");
    expect(stdout).toBe("The agent of user1 went from 0.1.0 to 0.2.0.\n");
    expect(stderr).toContain("Upgrading the agent of user2 …\nerror: No space is left.\n");
    expect(exitCode).toBe(errorCatalogue["disk.full"].exitCode);
  });

  test.each([[[]], [["user1", "--outdated"]]])("%j is refused", async (words) => {
    expect(await upgrade(...words)).toMatchObject({ exitCode: 2, stdout: "" });
  });
});
