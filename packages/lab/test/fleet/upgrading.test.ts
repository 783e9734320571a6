/** Agents of an older version, as they are on every node after the controller was upgraded. */
import { beforeAll, describe, expect, it } from "vitest";
import { convergedExample, type TestFleet } from "./fixture.ts";
import { containers, type Guest } from "./guest.ts";

const versions = "/opt/berth-agent/versions";
const older = "0.0.9";

let fleet: TestFleet;
let guest: Guest;
/** The controller's. */
let version: string;

beforeAll(async () => {
  fleet = await convergedExample();
  guest = await fleet.guest("user1");
  version = (await fleet.succeed(["--version"])).trim();
});

/** The same agent under an older name. */
async function becomeOlder(): Promise<void> {
  if ((await agentVersion()) === older) return;
  const to = `${versions}/${older}`;
  await guest.run(["cp", "--archive", "/opt/berth-agent/current/.", to]);
  const renamed = `s/version:"${version.replaceAll(".", String.raw`\.`)}"/version:"${older}"/`;
  await guest.run(["sed", "--in-place", renamed, `${to}/agent.mjs`]);
  await guest.run(["ln", "--symbolic", "--force", "--no-dereference", `versions/${older}`, "/opt/berth-agent/current"]);
  await guest.run(["systemctl", "restart", "berth-agent"]);
  await fleet.waitForStatus("The older agent", 60_000, ({ nodes }) =>
    nodes.some((node) => node.name === "user1" && node.state === "online" && node.agentVersion === older),
  );
}

async function agentVersion(): Promise<string | null | undefined> {
  return (await fleet.status()).nodes.find((node) => node.name === "user1")?.agentVersion;
}

describe("node upgrade-agent", () => {
  it("replaces an older agent while its instances run on", async () => {
    await becomeOlder();
    const before = await containers(guest);
    expect(await fleet.succeed(["node", "upgrade-agent", "user1"])).toContain(`went from ${older} to ${version}`);
    expect(await agentVersion()).toBe(version);
    expect(await containers(guest)).toEqual(before);
    expect(await fleet.succeed(["node", "upgrade-agent", "user1"])).toContain(`is at ${version} already`);
  });

  it("says what is in the way, and leaves the agent that runs", async () => {
    await becomeOlder();
    const inTheWay = `${versions}/${version}.staged`;
    await guest.run(["touch", inTheWay]);
    await guest.run(["chattr", "+i", inTheWay]);
    try {
      const { exitCode, stderr } = await fleet.berth(["node", "upgrade-agent", "user1"], { deadlineMs: 30_000 });
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(".staged") });
      expect(await agentVersion()).toBe(older);
    } finally {
      await guest.run(["chattr", "-i", inTheWay]);
    }
  });
});

describe("node upgrade-agent --outdated", () => {
  it("is what status advises, and brings every agent to the controller's version", async () => {
    expect(await fleet.succeed(["status"])).toContain("1 agent outdated: `berth node upgrade-agent --outdated`.");
    expect(await fleet.succeed(["node", "upgrade-agent", "--outdated"])).toContain(`went from ${older} to ${version}`);
    expect(await agentVersion()).toBe(version);
  });
});
