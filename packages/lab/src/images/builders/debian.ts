import { appendFile, cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { runCommand } from "../../host/command.ts";
import type { DebianLayer } from "../definition.ts";
import { debianSuite } from "../layers.ts";
import { type TreeIndex, changedPaths, indexTree, removeMatches } from "../tree.ts";
import type { StagedLayer } from "./staged.ts";

const buildDeadlineMs = 900_000;
const sources = [
  `deb http://deb.debian.org/debian ${debianSuite} main`,
  `deb http://deb.debian.org/debian ${debianSuite}-updates main`,
  `deb http://deb.debian.org/debian-security ${debianSuite}-security main`,
  "",
].join("\n");

/** Makes a whole Debian with the layer's packages, and names what of it the layers below do not hold already. */
export async function stageDebian(
  layer: DebianLayer,
  below: TreeIndex,
  workbench: string,
  onLine: (line: string) => void,
): Promise<StagedLayer> {
  const root = join(workbench, "root");
  onLine(`mmdebstrap ${debianSuite} with ${layer.packages.join(", ")}`);
  await runCommand(
    [
      "mmdebstrap",
      "--mode=root",
      "--format=directory",
      "--variant=essential",
      `--include=${layer.packages.join(",")}`,
      debianSuite,
      root,
      "-",
    ],
    { input: sources, deadlineMs: buildDeadlineMs, env: { SOURCE_DATE_EPOCH: "0" } },
  );
  const packages = parsePackageVersions(await readFile(join(root, "var/lib/dpkg/status"), "utf8"));
  await addNodeUser(root);
  await removeMatches(root, layer.leaveOut);
  const tree = await indexTree(root);
  return { root, members: changedPaths(tree, below), recursive: false, tree, packages };
}

/** Upstream's Node images, n8n's among them, run as this user. It is in the base, so that every layer's passwd agrees. */
async function addNodeUser(root: string): Promise<void> {
  await appendFile(join(root, "etc/passwd"), "node:x:1000:1000::/home/node:/bin/bash\n");
  await appendFile(join(root, "etc/group"), "node:x:1000:\n");
  await mkdir(join(root, "home/node"), { recursive: true });
  await cp(join(root, "etc/skel"), join(root, "home/node"), { recursive: true });
}

/** Installed packages and their versions, from dpkg's status file. */
export function parsePackageVersions(status: string): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const paragraph of status.split("\n\n")) {
    const name = /^Package: (.+)$/m.exec(paragraph)?.[1];
    const version = /^Version: (.+)$/m.exec(paragraph)?.[1];
    if (name !== undefined && version !== undefined) versions[name] = version;
  }
  return versions;
}

/** "5:8.0.2-3+deb13u1" -> "8.0.2": what upstream calls the version, without Debian's epoch and revision. */
export function upstreamVersion(debianVersion: string): string {
  const version = /^(?:\d+:)?(\d[^-+~]*)/.exec(debianVersion)?.[1];
  if (version === undefined) {
    throw new BerthError("lab.failed", `${JSON.stringify(debianVersion)} is not a version of a Debian package`);
  }
  return version;
}
