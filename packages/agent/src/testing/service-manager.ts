/** Stands in for systemd, which does not run where the tests do: the agent's `systemctl` restarts the test's engine. */
import { existsSync, watch } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestDocker } from "./docker.ts";

export interface ServiceManager {
  /** A value for PATH under which its `systemctl` is found before the machine's own. */
  path: string;
  stop(): void;
}

export async function startServiceManager(directory: string, docker: TestDocker): Promise<ServiceManager> {
  const asked = join(directory, "asked");
  const bin = join(directory, "bin");
  await mkdir(bin, { recursive: true });
  const script = `#!/bin/sh
[ "$*" = "restart docker.service" ] || exit 1
: > '${asked}'
while [ -e '${asked}' ]; do sleep 0.1; done
`;
  await writeFile(join(bin, "systemctl"), script, { mode: 0o755 });
  const restart = async (): Promise<void> => {
    await docker.kill("SIGTERM");
    await docker.restart();
    await rm(asked, { force: true });
  };
  let restarting: Promise<void> | undefined;
  const watcher = watch(directory, () => {
    if (!existsSync(asked)) return;
    restarting ??= restart().finally(() => {
      restarting = undefined;
    });
  });
  return { path: `${bin}:${process.env["PATH"] ?? ""}`, stop: () => watcher.close() };
}
