/** What rules find in how full disks are: of the root by samples, of every other file system by what agents tell. Pure. */
import type { AlertLabels } from "@berth/shared/api/alerts";
import type { EffectiveRule } from "@berth/shared/fleet/alert-rules";
import { nodeValue } from "@berth/shared/metrics/samples";
import { formatBytes, formatShare } from "@berth/shared/metrics/units";
import { formatTime } from "./duration-text.ts";
import type { Finding } from "./finding.ts";
import { nodeLabels } from "./labels.ts";
import { diskAdvice, levelCondition, nodeColumn } from "./observe-columns.ts";
import { isTelling, type Point, secondsUntil } from "./trend.ts";
import type { AlertView } from "./view.ts";

interface Disk {
  subject: string;
  labels: AlertLabels;
  /** "disk of user1" */
  words: string;
  /** NaN: it does not tell. */
  used: number;
  size: number;
  points: readonly Point[];
}

export function disksFull(rule: EffectiveRule, view: AlertView): Finding[] {
  const mounts = mountedDisks(view).map(({ subject, labels, words, used, size }): Finding => {
    const what = rule.summary === undefined ? capital(words) : `${rule.summary} (${words})`;
    return {
      ...{ rule, subject, labels, value: known(used) },
      condition: levelCondition(rule, { value: used, limit: size > 0 ? size : Number.NaN }),
      summary: `${what}: ${formatBytes(used)}, ${formatShare(used / size)} of ${formatBytes(size)}`,
      description: diskAdvice,
    };
  });
  return [...nodeColumn(rule, "diskUsedBytes", view), ...mounts];
}

/** By a line through how full the disk was. */
export function disksFilling(rule: EffectiveRule, view: AlertView): Finding[] {
  const { within = 0, above } = rule;
  const least = above !== undefined && "share" in above ? above.share : 0;
  return [...rootDisks(view), ...mountedDisks(view)].map(({ subject, labels, words, used, size, points }): Finding => {
    const left = secondsUntil(size, points);
    // A disk that is half empty may fill and empty again.
    const isFilling = left !== null && left < within && used / size > least;
    // A file system that tells no size tells nothing else either; after a restart nobody can tell for a while.
    const isUnknown = !(size > 0) || !isTelling(points);
    return {
      ...{ rule, subject, labels, value: left },
      condition: isUnknown ? "unknown" : isFilling ? "bad" : "good",
      summary: `The ${words} is full in ${formatTime(left ?? 0)} if it goes on as in the last two hours`,
      description: `${formatShare(used / size)} of ${formatBytes(size)} is used. Make it larger, or room on it.`,
    };
  });
}

function rootDisks(view: AlertView): Disk[] {
  return view.status.nodes.flatMap(({ name, state }): Disk[] => {
    const row = view.means.get(name)?.node;
    if (row === undefined || state !== "online") return [];
    const [used, size] = [nodeValue(row, "diskUsedBytes"), nodeValue(row, "diskSizeBytes")];
    const labels = nodeLabels(name, view);
    return [{ subject: name, labels, words: `disk of ${name}`, used, size, points: view.disk(name, "/") }];
  });
}

/** Without the root, and without what nobody on the node can write to. */
function mountedDisks(view: AlertView): Disk[] {
  return view.status.nodes.flatMap(({ name, state }): Disk[] => {
    if (state !== "online") return [];
    const mounts = view.fileSystems(name)?.filter(({ mountpoint, readOnly }) => mountpoint !== "/" && !readOnly) ?? [];
    return mounts.map(({ mountpoint, usedBytes, sizeBytes }) => ({
      ...{ subject: `${name}${mountpoint}`, labels: { ...nodeLabels(name, view), mountpoint } },
      ...{ words: `disk ${mountpoint} of ${name}`, points: view.disk(name, mountpoint) },
      ...{ used: usedBytes ?? Number.NaN, size: sizeBytes ?? Number.NaN },
    }));
  });
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function capital(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
