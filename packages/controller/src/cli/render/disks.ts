/** File systems and volumes of a node, as tables. Pure. */
import type { NodeDisks, Volume } from "@berth/shared/api/disks";
import { formatBytes, formatShare, notMeasured, shareOf } from "@berth/shared/metrics/units";
import type { FileSystem } from "@berth/shared/protocol/disks";
import type { RenderOptions } from "../define-command.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { count } from "./text.ts";
import { formatAge } from "./time.ts";

/** From this share of what there may be on, it is worth a look. */
const warning = 0.9;
const shownVolumes = 10;
/** Of a node that is there they come each minute. */
const newMilliseconds = 180_000;

/** null: the node has told nothing. */
export function diskLines(disks: NodeDisks | null, options: RenderOptions): string[] {
  if (disks === null) return [];
  const { readAt, fileSystems, volumes } = disks;
  const isOld = readAt !== null && options.now - Date.parse(readAt) > newMilliseconds;
  return [
    ...(isOld ? ["", `Its disks, as told ${formatAge(readAt, options.now)}:`] : []),
    ...(fileSystems.length === 0 ? [] : ["", ...fileSystemLines(fileSystems, options)]),
    ...(volumes.length === 0 ? [] : ["", ...volumeLines(volumes, options)]),
  ];
}

function fileSystemLines(fileSystems: readonly FileSystem[], { style, fit }: RenderOptions): string[] {
  const used = ({ usedBytes, sizeBytes }: FileSystem) => shareOf(usedBytes ?? NaN, sizeBytes ?? NaN);
  const files = ({ inodes }: FileSystem) => (inodes === null ? NaN : shareOf(inodes.used, inodes.total));
  const paint = paintShare(style);
  return table(
    fileSystems,
    [
      { title: "MOUNT", value: ({ mountpoint }) => mountpoint, cutTo: 16 },
      {
        title: "USED",
        align: "right",
        value: ({ usedBytes }) => (usedBytes === null ? "no answer" : formatBytes(usedBytes)),
      },
      { title: "SIZE", align: "right", value: ({ sizeBytes }) => (sizeBytes === null ? null : formatBytes(sizeBytes)) },
      {
        title: "FULL",
        align: "right",
        value: (row) => shareText(used(row)),
        paint: (text, row) => paint(text, used(row)),
      },
      {
        ...{ title: "INODES", align: "right", leaveOut: 2 },
        value: (row) => shareText(files(row)),
        paint: (text, row) => paint(text, files(row)),
      },
      { title: "TYPE", value: ({ type, readOnly }) => (readOnly ? `${type}, read-only` : type), leaveOut: 3 },
      { title: "DEVICE", value: ({ device }) => device, leaveOut: 1 },
    ],
    style,
    fit,
  );
}

function volumeLines(volumes: readonly Volume[], { style, now, fit }: RenderOptions): string[] {
  const others = volumes.slice(shownVolumes);
  const rest = others.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  return [
    ...table(
      volumes.slice(0, shownVolumes),
      [
        { title: "VOLUME", value: ({ name }) => name, cutTo: 20 },
        { title: "SIZE", align: "right", value: ({ bytes }) => (bytes === null ? null : formatBytes(bytes)) },
        { title: "INSTANCE", value: ({ instance }) => instance, leaveOut: 2 },
        {
          title: "MEASURED",
          value: ({ measuredAt }) => (measuredAt === null ? "not yet" : formatAge(measuredAt, now)),
          leaveOut: 1,
        },
      ],
      style,
      fit,
    ),
    ...(others.length === 0 ? [] : [`${count(others.length, "smaller volume")} more: ${formatBytes(rest)}.`]),
  ];
}

function shareText(share: number): string | null {
  const text = formatShare(share);
  return text === notMeasured ? null : text;
}

function paintShare(style: Style): (text: string, share: number) => string {
  return (text, share) => (share >= warning ? style.yellow(text) : text);
}
