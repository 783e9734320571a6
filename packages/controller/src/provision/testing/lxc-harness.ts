import type { ProxmoxConnection } from "@berth/shared/fleet/schema";
import type { Phase } from "@berth/shared/operations/phases";
import type { OperationResult } from "@berth/shared/operations/index";
import { createLxcEnsureHandler } from "../proxmox/handler.ts";
import type { WantedLxc } from "../proxmox/specification.ts";
import { type FakeProxmox, type FakeRequest, startFakeProxmox, tokenSecret } from "./fake-proxmox.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./temporary-directory.ts";

export const gibibyte = 1024 ** 3;

export const wantedLxc: WantedLxc = {
  node: "user1",
  proxmox: "pve",
  vmid: null,
  address: "10.0.6.11",
  cores: 2,
  memoryBytes: 4 * gibibyte,
  swapBytes: 0,
  diskBytes: 20 * gibibyte,
  features: ["nesting"],
};

export type Ensure = (changes?: Partial<WantedLxc>, signal?: AbortSignal) => Promise<OperationResult<"lxc.ensure">>;

export interface LxcHarness extends AsyncDisposable {
  fake: FakeProxmox;
  directory: TemporaryDirectory;
  connection: ProxmoxConnection;
  /** The log of the operations. */
  lines: string[];
  /** What their time went into. */
  phases: Phase[];
  /** Nodes whose SSH host key no longer counts. */
  forgotten: string[];
  /** A controller just started: nothing of what an earlier one knew. */
  newController: () => Ensure;
  creations: () => FakeRequest[];
}

/** A fake Proxmox VE, a connection to it and the handler of `lxc.ensure`. */
export async function startLxcHarness(): Promise<LxcHarness> {
  const fake = await startFakeProxmox();
  const directory = await temporaryDirectory();
  const lines: string[] = [];
  const phases: Phase[] = [];
  const forgotten: string[] = [];
  const connection: ProxmoxConnection = {
    host: "127.0.0.1",
    port: fake.port,
    node: "pve",
    caFile: await directory.write("ca.pem", fake.certificate),
    tokenId: "berth@pve!controller",
    tokenSecretFile: await directory.write("token", `${tokenSecret}\n`),
    storage: "local-lvm",
    osTemplate: "local:vztmpl/debian-12.tar.zst",
    bridge: "vmbr0",
    gateway: "10.0.6.1",
    prefixLength: 24,
  };
  return {
    fake,
    directory,
    connection,
    lines,
    phases,
    forgotten,
    newController: () => {
      const handler = createLxcEnsureHandler({
        fleet: () => "valuechain",
        connection: () => connection,
        publicKey: () => "ssh-ed25519 AAAA berth",
        keepVmid: () => undefined,
        forgetHostKey: (node) => void forgotten.push(node),
      });
      return (changes = {}, signal = AbortSignal.timeout(20_000)) =>
        handler({
          operationId: "00000000-0000-4000-8000-000000000001",
          attempt: 1,
          input: { ...wantedLxc, ...changes },
          node: "user1",
          deadlineSeconds: 20,
          log: (line) => void lines.push(line),
          phases: (told) => void phases.push(...told),
          signal,
        });
    },
    creations: () => fake.requests.filter(({ method, path }) => method === "POST" && path === "/nodes/pve/lxc"),
    [Symbol.asyncDispose]: async () => {
      await fake[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
