import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ProxmoxConnection } from "@berth/shared/fleet/schema";
import { type FakeProxmox, tokenSecret } from "../testing/fake-proxmox.ts";
import { type Ensure, type LxcHarness, startLxcHarness } from "../testing/lxc-harness.ts";

// A busy machine is slow, not wrong.
vi.setConfig({ testTimeout: 30_000 });

let harness: LxcHarness;
let fake: FakeProxmox;
let connection: ProxmoxConnection;
let ensure: Ensure;

beforeEach(async () => {
  harness = await startLxcHarness();
  fake = harness.fake;
  connection = harness.connection;
  ensure = harness.newController();
});

afterEach(() => harness[Symbol.asyncDispose]());

describe("a connection that does not work", () => {
  test("tells how to pin a certificate that is not trusted", async () => {
    delete connection.caFile;
    await expect(ensure()).rejects.toMatchObject({
      code: "proxmox.refused",
      message: expect.stringContaining("presents a certificate that is not trusted"),
      hint: "Copy /etc/pve/pve-root-ca.pem of that host (over SSH, say) to this machine and name the copy as caFile of the connection.",
    });
  });

  test("names the missing privilege", async () => {
    fake.behaviour.refuse = { status: 403, reason: "Permission check failed (/vms/100, VM.Allocate)" };
    await expect(ensure()).rejects.toMatchObject({
      code: "proxmox.refused",
      message: expect.stringContaining("Permission check failed (/vms/100, VM.Allocate)"),
    });
  });

  test("refuses a secret that others may read, and never shows one", async () => {
    connection.tokenSecretFile = await harness.directory.write("open", tokenSecret, 0o644);
    await expect(ensure()).rejects.toMatchObject({
      code: "request.invalid",
      hint: `Run: chmod 600 ${connection.tokenSecretFile}`,
    });
    connection.tokenSecretFile = await harness.directory.write("wrong", "0a1b2c3d-0000-4000-8000-0000000000ff");
    const error = await ensure().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "proxmox.refused" });
    expect(JSON.stringify([error, harness.lines])).not.toContain("0000000000ff");
  });

  test("says that nobody answers", async () => {
    await fake[Symbol.asyncDispose]();
    await expect(ensure()).rejects.toMatchObject({ code: "proxmox.failed", message: /did not answer.*ECONNREFUSED/ });
  });
});
