/** Upgrades that were, and what there is to upgrade to, as tables. Pure. */
import type { InstanceMove, Upgrade, UpgradeCheck } from "@berth/shared/api/upgrades";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import type { RenderOptions } from "../define-command.ts";
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { formatAge, formatDuration } from "./time.ts";

export function checkLines({ services, instances }: UpgradeCheck, { style, fit, now }: RenderOptions): string[] {
  if (instances.length === 0) return ["No instances."];
  const problems = services.flatMap(({ service, problem, checkedAt }) => {
    if (problem === null) return [];
    const known = checkedAt === null ? "nothing is known of its versions" : `as of ${formatAge(checkedAt, now)}`;
    return [`${style.yellow("warning:")} ${printableLine(`${service}: ${problem}: ${known}`)}`];
  });
  return [
    ...table(
      instances,
      [
        { title: "INSTANCE", value: ({ instance }) => instance },
        { title: "VERSION", value: ({ version }) => shortDigests(version) },
        { title: "PATCH", value: ({ patch }) => patch },
        { title: "MINOR", value: ({ minor }) => minor },
        { title: "MAJOR", value: ({ major }) => major },
        {
          title: "REBUILT",
          value: ({ rebuilt }) => (rebuilt === null ? null : shortDigests(rebuilt)),
          leaveOut: 1,
        },
        { title: "HELD", value: ({ held }) => (held ? "held" : null) },
      ],
      style,
      fit,
    ),
    ...noteLines(instances, style),
    ...problems,
  ];
}

/** What is to be known of a service once, however many instances it has. */
function noteLines(instances: UpgradeCheck["instances"], style: Style): string[] {
  const notes = new Set(instances.flatMap(({ service, notes: own }) => own.map((note) => `${service}: ${note}`)));
  return [...notes].map((note) => `${style.bold("note:")} ${printableLine(note)}`);
}

export function upgradeLines(upgrades: readonly Upgrade[], { style, fit, now }: RenderOptions): string[] {
  if (upgrades.length === 0) return ["No upgrades yet. `berth upgrade check` shows what there is to upgrade to."];
  const rows = upgrades.flatMap((upgrade) => upgrade.instances.map((move) => ({ upgrade, move })));
  return table(
    rows,
    [
      { title: "UPGRADE", value: ({ upgrade }) => upgrade.id, leaveOut: 2 },
      { title: "AGE", value: ({ move }) => formatDuration(now - Date.parse(move.startedAt)), align: "right" },
      { title: "INSTANCE", value: ({ move }) => move.instance },
      { title: "VERSION", value: ({ move }) => shortDigests(`${move.from} -> ${move.to}`) },
      {
        title: "OUTCOME",
        value: ({ move }) => outcomeText(move),
        paint: (text, { move }) => outcomePaint(move, style)(text),
      },
      { title: "GAP", value: ({ move }) => gapText(move), align: "right" },
      { title: "REASON", value: ({ move }) => move.reason, leaveOut: 1, cutTo: 10 },
    ],
    style,
    fit,
  );
}

function outcomeText({ outcome }: InstanceMove): string {
  if (outcome === null) return "not ended";
  return outcome === "upgraded" ? "upgraded" : "went back";
}

function outcomePaint({ outcome }: InstanceMove, style: Style): (text: string) => string {
  if (outcome === null) return style.cyan;
  return outcome === "upgraded" ? style.green : style.red;
}

function gapText({ gapMilliseconds }: InstanceMove): string | null {
  return gapMilliseconds === null ? null : formatDuration(gapMilliseconds, true);
}
