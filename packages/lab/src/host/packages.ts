import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";
import { type CommandOptions, runCommand, tryCommand } from "./command.ts";
import { readIfPresent } from "./files.ts";
import { withLock } from "./lock.ts";

const policyPath = "/usr/sbin/policy-rc.d";
/** Where the machine's own policy waits while ours stands in its place. */
const savedPolicyPath = "/usr/sbin/policy-rc.d.before-berth-lab";
const policyMark = "# berth-lab: nothing starts while the lab installs its packages";
const aptDeadlineMs = 600_000;

/** The packages of the list that are not installed. */
export async function missingPackages(names: readonly string[]): Promise<string[]> {
  const outcome = await tryCommand(["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Abbrev}\n", ...names]);
  const installed = new Set(
    outcome.stdout
      .split("\n")
      .filter((line) => / ii ?$/.test(line))
      .map((line) => line.split(" ")[0]),
  );
  return names.filter((name) => !installed.has(name));
}

/** Installs what is missing of the given Debian packages. No daemon of theirs is started. Does nothing when all are there. */
export async function ensurePackages(names: readonly string[], onLine?: (line: string) => void): Promise<void> {
  if ((await missingPackages(names)).length === 0) return;
  await withLock({ name: "the package manager", deadlineMs: aptDeadlineMs }, async () => {
    const missing = await missingPackages(names);
    if (missing.length === 0) return;
    onLine?.(`apt-get install ${missing.join(" ")}`);
    await withoutStartingDaemons(async () => {
      const options: CommandOptions = {
        deadlineMs: aptDeadlineMs,
        env: { DEBIAN_FRONTEND: "noninteractive" },
        ...(onLine === undefined ? {} : { onLine }),
      };
      const wait = "DPkg::Lock::Timeout=300";
      await runCommand(["apt-get", "update", "-qq", "-o", wait], options);
      await runCommand(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "-o", wait, ...missing], options);
    });
  });
}

/** Debian asks /usr/sbin/policy-rc.d before a package starts its daemon. Ours says no; the former one comes back after. */
async function withoutStartingDaemons(action: () => Promise<void>): Promise<void> {
  await restorePolicy();
  if ((await readIfPresent(policyPath)) !== undefined) await rename(policyPath, savedPolicyPath);
  await writeFile(policyPath, `#!/bin/sh\n${policyMark}\nexit 101\n`, { mode: 0o755 });
  try {
    await action();
  } finally {
    await restorePolicy();
  }
}

/** Also undoes what an interrupted installation has left behind. */
async function restorePolicy(): Promise<void> {
  const present = await readIfPresent(policyPath);
  if (present?.includes(policyMark) === true) await rm(policyPath);
  if ((await readIfPresent(savedPolicyPath)) !== undefined) await rename(savedPolicyPath, policyPath);
}

/** Refuses, in one sentence, a machine on which the lab cannot be made. */
export async function requireSuitableMachine(): Promise<void> {
  const hint = "Use `berth demo --local` for one node on this machine's own Docker engine.";
  if (process.platform !== "linux") {
    throw new BerthError("host.unsupported", `The lab needs Linux, this is ${process.platform}`, { hint });
  }
  if (process.getuid?.() !== 0) {
    throw new BerthError("host.unsupported", "The lab makes containers and namespaces, which needs root", { hint });
  }
  const osRelease = (await readIfPresent("/etc/os-release")) ?? "";
  if (!/^ID(_LIKE)?=.*(debian|ubuntu)/m.test(osRelease)) {
    throw new BerthError("host.unsupported", "The lab needs Debian or Ubuntu", { hint });
  }
  if (!(await readFile("/proc/filesystems", "utf8")).includes("\text4")) {
    throw new BerthError("host.unsupported", "The lab needs a kernel with ext4", { hint });
  }
}
