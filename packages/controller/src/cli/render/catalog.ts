/** The catalog as a table. Pure. */
import type { Service } from "@berth/shared/catalog/schema";
import { memoryLimit } from "@berth/shared/fleet/capacity";
import { hostPorts } from "@berth/shared/fleet/instances";
import { serverOf } from "@berth/shared/fleet/needs";
import { roundSize } from "@berth/shared/fleet/units";
import type { RenderOptions } from "../define-command.ts";
import { table, type Column } from "./table.ts";
import { clip } from "./text.ts";

/** Narrower terminals do without titles, and with the start of versions. */
const wide = 120;
const narrowVersion = 16;

const unchanged = { env: {} };

/** `own`: names of the fleet's own services. */
export function catalogLines(
  services: readonly Service[],
  own: { names: ReadonlySet<string>; fleet: string | null },
  { style, columns }: RenderOptions,
): string[] {
  const isWide = columns >= wide;
  const title: Column<Service> = { title: "TITLE", value: (service) => service.title };
  const lines = table(
    services,
    [
      { title: "SERVICE", value: ({ name }) => (own.names.has(name) ? `${name} *` : name) },
      ...(isWide ? [title] : []),
      { title: "SCOPE", value: (service) => service.scope },
      { title: "VERSION", value: ({ version }) => clip(version, isWide ? version.length : narrowVersion) },
      {
        title: "PORTS",
        value: (service) =>
          hostPorts(service, unchanged)
            .map(({ host }) => host)
            .join(","),
      },
      { title: "MEMORY", value: (service) => roundSize(totalMemory(service)), align: "right" },
      { title: "NEEDS", value: neededServices },
    ],
    style,
  );
  return [
    ...lines.map((line) => clip(line, columns)),
    ...(own.names.size === 0 ? [] : ["", `* own service of fleet ${own.fleet}`]),
  ];
}

/** Limits of all its containers, in bytes. */
export function totalMemory(service: Service): number {
  return memoryLimit({ service, overrides: unchanged });
}

function neededServices({ needs }: Service): string {
  return [...new Set(needs.map(serverOf))].join(" ");
}
