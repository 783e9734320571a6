/** One service of the catalog as a person wants to know it before using it. Pure. */
import type { Health, Part, Service, Use } from "@berth/shared/catalog/schema";
import { presentUses } from "@berth/shared/fleet/needs";
import { routeHost } from "@berth/shared/fleet/routes";
import type { Fleet } from "@berth/shared/fleet/schema";
import { roundSize } from "@berth/shared/fleet/units";
import type { RenderOptions } from "../define-command.ts";
import { totalMemory } from "./catalog.ts";
import { printableLine } from "./printable.ts";
import { backupText, healthText, needTexts, secretText, upgradeTexts } from "./service-texts.ts";
import type { Style } from "./style.ts";
import { count, pad, width, wrap } from "./text.ts";

export interface ShownService {
  service: Service;
  /** Whether it is the fleet's own. */
  own: boolean;
  /** null: no fleet is known. */
  fleet: Fleet | null;
  /** Title of another service. */
  titleOf: (name: string) => string;
}

type Row = readonly [name: string, ...values: string[]];

export function serviceLines(shown: ShownService, { style, columns }: RenderOptions): string[] {
  const { service, fleet, titleOf } = shown;
  const section = (title: string, rows: readonly Row[]): string[] =>
    rows.length === 0 ? [] : ["", style.bold(title), ...rowLines(rows, style, columns, "  ")];
  return [
    ...wrap(`${style.bold(printableLine(service.title))}: ${printableLine(service.description)}`, columns),
    ...(service.website === undefined ? [] : [printableLine(service.website)]),
    "",
    ...rowLines(summaryRows(shown), style, columns, ""),
    ...[service, ...service.parts].flatMap((container) =>
      section(containerTitle(container, service), containerRows(container)),
    ),
    ...section(
      "connected to",
      service.uses.map((use) => useRow(use, fleet, service, titleOf)),
    ),
    ...section(
      "secrets",
      Object.entries(service.secrets).map(([name, rule]) => [name, secretText(rule)]),
    ),
    ...environmentSection(service.env, "environment", style),
    ...service.parts.flatMap(({ name, env }) => partEnvironment(env, service.env, `environment of ${name}`, style)),
    ...service.uses.flatMap((use) => environmentSection(use.env, `environment with ${useName(use, titleOf)}`, style)),
  ];
}

function summaryRows({ service, own, fleet }: ShownService): Row[] {
  const { scope, needs, parts } = service;
  return [
    ["scope", scope === "shared" ? "shared: one instance for the fleet" : "tenant: an instance for each tenant"],
    ...(own && fleet !== null ? [["defined", `by fleet ${fleet.fleet}, as an own service`] as const] : []),
    ["memory", memoryText(service)],
    ["needs", ...(needs.length === 0 ? ["nothing"] : needs.flatMap(needTexts))],
    ["route", routeText(service, fleet)],
    ["backup", ...backupText(service)],
    ["upgrade", ...upgradeTexts(service)],
    ...(parts.length === 0 ? [] : [["starts", startOrder(service)] as const]),
  ];
}

function memoryText(service: Service): string {
  const containers = [service, ...service.parts];
  const total = `${roundSize(totalMemory(service))} at most`;
  return containers.length === 1 ? total : `${total}, in ${count(containers.length, "container")}`;
}

function routeText({ route, name, scope, ports }: Service, fleet: Fleet | null): string {
  if (route === undefined) return "none";
  const port = ports.find((candidate) => candidate.name === route.port)?.host ?? route.port;
  if (fleet === null) return `leads to port ${port}`;
  return `${routeHost(fleet, scope === "tenant" ? "{tenant}" : null, name)}, leads to port ${port}`;
}

function startOrder({ name, parts }: Service): string {
  const named = (starts: Part["starts"]) => parts.filter((part) => part.starts === starts).map((part) => part.name);
  return [...named("before"), name, ...named("after")].join(", then ");
}

function containerTitle(container: Service | Part, service: Service): string {
  if (service.parts.length === 0) return "container";
  return container === service ? `container ${service.name} (main)` : `container ${container.name}`;
}

function containerRows(container: Service | Part): Row[] {
  const { image, version, digest, ports, volumes, files, memory, cpus, command, user } = container;
  const health: Health = container.health;
  const rows: (Row | null)[] = [
    ["image", `${image}:${version}`],
    digest === undefined ? null : ["digest", digest],
    ["memory", roundSize(memory)],
    cpus === undefined ? null : ["cpus", String(cpus)],
    ports.length === 0
      ? null
      : ["ports", ...ports.map(({ name, container: inner, host }) => `${host} -> ${inner} (${name})`)],
    volumes.length === 0 ? null : ["volumes", ...volumes.map(({ name, path }) => `${name} at ${path}`)],
    files.length === 0 ? null : ["files", ...files.map(({ path, content }) => `${path} (${lineCount(content)})`)],
    command === undefined ? null : ["command", command.map(printableLine).join(" ")],
    user === undefined ? null : ["user", user],
    ["health", ...healthText(health)],
  ];
  return rows.filter((row) => row !== null);
}

function lineCount(text: string): string {
  return count(text.trimEnd().split("\n").length, "line");
}

function useName({ service, key }: Use, titleOf: (name: string) => string): string {
  return service === undefined ? `a key of ${key ?? ""}` : titleOf(service);
}

/** `Ollama  when the fleet has it`; with a fleet, whether it has. */
function useRow(use: Use, fleet: Fleet | null, service: Service, titleOf: (name: string) => string): Row {
  const needs = use.needs.flatMap(needTexts);
  if (use.service === undefined) return [useName(use, titleOf), "when the tenant was given one", ...needs];
  if (fleet === null) return [useName(use, titleOf), "when the fleet has it", ...needs];
  const isPresent = presentUses(fleet, service, () => false).includes(use);
  return [useName(use, titleOf), isPresent ? "this fleet has it" : "not in this fleet", ...needs];
}

function environmentSection(env: Readonly<Record<string, string>>, title: string, style: Style): string[] {
  const entries = Object.entries(env);
  if (entries.length === 0) return [];
  return ["", style.bold(title), ...entries.map(([name, value]) => `  ${name}=${painted(value, style)}`)];
}

/** Parts are often configured like the main container: what is the same stands there. */
function partEnvironment(
  env: Readonly<Record<string, string>>,
  main: Readonly<Record<string, string>>,
  title: string,
  style: Style,
): string[] {
  const own = Object.entries(env).filter(([name, value]) => main[name] !== value);
  const same = Object.keys(env).length - own.length;
  if (same === 0) return environmentSection(env, title, style);
  const note = style.dim(`  ${count(same, "variable")} as in the environment above`);
  const lines = environmentSection(Object.fromEntries(own), title, style);
  return [...(lines.length === 0 ? ["", style.bold(title)] : lines), note];
}

/** Placeholders stand out: what they stand for is not known before an instance is made, or is a secret. */
function painted(value: string, style: Style): string {
  const [first = "", ...more] = value.trimEnd().split("\n");
  const text = printableLine(first).replaceAll(/\$\{[a-zA-Z0-9.-]+\}/g, (placeholder) => style.cyan(placeholder));
  return more.length === 0 ? text : `${text} … (${more.length + 1} lines)`;
}

/** Names in one column, values in the next, one below the other and broken between words. */
function rowLines(rows: readonly Row[], style: Style, columns: number, indent: string): string[] {
  const nameWidth = Math.max(...rows.map(([name]) => width(name)));
  const space = " ".repeat(indent.length + nameWidth + 2);
  return rows.flatMap(([name, ...values]) => {
    const lines = values.flatMap((value) => wrap(printableLine(value), Math.max(20, columns - space.length)));
    const head = `${indent}${style.bold(pad(printableLine(name), nameWidth))}  `;
    return lines.map((line, index) => (index === 0 ? head : space) + line);
  });
}
