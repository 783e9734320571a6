/** An image with the real restic and the real PostgreSQL, of Debian's packages; made once for a machine. */
import { execFile } from "node:child_process";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type Dockerode from "dockerode";

const run = promisify(execFile);
const directory = "/var/tmp/berth-agent-test-tools";
/** Debian 12's restic is older than the one that backups are made with. */
const suite = "trixie";
const packages = ["restic", "postgresql-17", "ca-certificates", "openssh-client"];
const programs = "/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin:/bin";

export const backupImage = "test/backup:1";

export async function importBackupImage(client: Dockerode): Promise<void> {
  const stream = await client.importImage(createReadStream(await tarball()), {
    repo: "test/backup",
    tag: "1",
    changes: [`ENV PATH=${programs}`],
  });
  for await (const chunk of stream) void chunk;
}

async function tarball(): Promise<string> {
  const path = join(directory, `${packages.join("+")}.tar`);
  if (existsSync(path)) return path;
  await mkdir(directory, { recursive: true });
  const partial = join(directory, "partial.tar");
  const options = ["--mode=root", "--variant=essential", `--include=${packages.join(",")}`];
  await run("mmdebstrap", [...options, suite, partial, "http://deb.debian.org/debian"]);
  await rename(partial, path);
  return path;
}
