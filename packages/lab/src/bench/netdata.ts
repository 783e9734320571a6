/** Debian's netdata on a node, as a peer: installed as `apt-get install netdata` does it, and taken away again. */
import { execa } from "execa";
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { AttachedGuest } from "../containers/attach.ts";
import { waitFor } from "../host/wait.ts";
import { guestProcesses, type GuestProcess } from "./guest-processes.ts";

const packagesDirectory = "/var/cache/berth-lab/netdata";
const inGuest = "var/tmp/netdata";
const installMs = 300_000;

/** Its daemon and plugins. */
export function isNetdata({ argv: [program = "", ...rest] }: GuestProcess): boolean {
  return (
    /(^|\/)netdata$|\/netdata\/plugins\.d\//.test(program) || rest.some((each) => each.includes("/netdata/plugins.d/"))
  );
}

/** Runs while `action` does, each second as it comes. */
export async function withNetdata<Value>(guest: AttachedGuest, action: () => Promise<Value>): Promise<Value> {
  await install(guest);
  try {
    await waitFor({
      what: "netdata",
      deadlineMs: 60_000,
      check: async () => ((await guestProcesses(guest.init)).some(isNetdata) ? true : undefined),
    });
    return await action();
  } finally {
    await guest.run(["dpkg", "--purge", ...(await names())], { deadlineMs: installMs });
    await rm(join(guest.root, inGuest), { recursive: true, force: true });
  }
}

/** The LXC has no way out: this machine downloads what is missing there. */
async function install(guest: AttachedGuest): Promise<void> {
  await rm(packagesDirectory, { recursive: true, force: true });
  await mkdir(join(packagesDirectory, "partial"), { recursive: true });
  const status = join(packagesDirectory, "status");
  await copyFile(join(guest.root, "var/lib/dpkg/status"), status);
  const settings = [
    `Dir::State::status=${status}`,
    // A cache would say what is installed on this machine.
    "Dir::Cache::pkgcache=",
    "Dir::Cache::srcpkgcache=",
    `Dir::Cache::archives=${packagesDirectory}`,
  ];
  const options = ["--yes", "--no-install-recommends", "--download-only", ...settings.flatMap((each) => ["-o", each])];
  await execa("apt-get", ["install", ...options, "netdata"], { timeout: installMs });
  const directory = join(guest.root, inGuest);
  await mkdir(directory, { recursive: true });
  const files = await packages();
  await Promise.all(files.map((file) => copyFile(join(packagesDirectory, file), join(directory, file))));
  await guest.run(["dpkg", "--install", ...files.map((file) => `/${inGuest}/${file}`)], { deadlineMs: installMs });
  await guest.run(["systemctl", "start", "netdata"]);
}

async function packages(): Promise<string[]> {
  return (await readdir(packagesDirectory)).filter((name) => name.endsWith(".deb"));
}

async function names(): Promise<string[]> {
  return (await packages()).map((file) => file.split("_")[0] ?? file);
}
