/** What of a backup was proven. Pure. */
import type { Proof } from "@berth/shared/api/drills";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import type { RenderOptions } from "../define-command.ts";
import { printableLine } from "./printable.ts";
import { table } from "./table.ts";
import { formatDuration } from "./time.ts";

/** Nothing where nothing was. */
export function proofLines(proofs: readonly Proof[], { now, style, fit }: RenderOptions): string[] {
  if (proofs.length === 0) return [];
  const rows = table(
    proofs,
    [
      { title: "PROVEN", value: ({ subject }) => printableLine(subject) },
      { title: "AGE", value: ({ at }) => formatDuration(now - Date.parse(at)), align: "right" },
      { title: "BY", value: ({ by }) => by, leaveOut: 1 },
      {
        title: "LEVEL",
        value: ({ level, version }) => (version === null ? level : `${level} ${printableLine(shortDigests(version))}`),
      },
      { title: "CAME BACK", value: ({ parts }) => cameBack(parts), cutTo: 10 },
    ],
    style,
    fit,
  );
  return ["", ...rows];
}

function cameBack(parts: Proof["parts"]): string | null {
  const counts = parts.flatMap((part) => Object.entries(part.counts).map(([what, number]) => `${what} ${number}`));
  return counts.length === 0 ? null : printableLine(counts.join(", "));
}
