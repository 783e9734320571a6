/** The history of metrics, wired: what agents send goes in, what the API asks comes out. */
import { defaultHistory, type MetricsHistory } from "@berth/shared/fleet/metrics";
import { catalog } from "@berth/shared/catalog/index";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Logger } from "pino";
import type { Hub } from "../agents/types.ts";
import { noHistory, type HistoryApi, type HistoryQuestion } from "../api/history.ts";
import type { Inventory } from "../inventory/database.ts";
import { listInstances } from "../inventory/instances.ts";
import { listNodes } from "../inventory/nodes.ts";
import { type History, openHistory } from "../metrics/history/history.ts";
import { isBucket, kindOfHolding, nodeOfHolding } from "../metrics/history/holding.ts";
import type { Group } from "../metrics/history/pending.ts";
import { statePaths, type ServeOptions } from "./options.ts";

export interface HistoryRooms {
  options: Pick<ServeOptions, "stateDirectory">;
  hub: Pick<Hub, "events" | "recentSamples" | "samplesSince">;
  fleet: () => Fleet | null;
  logger: Logger;
}

export function openMetricsHistory({ options, hub, fleet, logger }: HistoryRooms): History {
  const history = openHistory({
    file: statePaths(options.stateDirectory).metrics,
    settings: () => fleet()?.metrics.history ?? defaultHistory,
    recent: (query) => hub.recentSamples(query),
    recentSince: (node) => hub.samplesSince(node),
    logger,
  });
  hub.events.on("samples", (samples) => history.add(samples));
  return history;
}

interface Names {
  nodes: ReadonlySet<string>;
  /** Tenant of each instance; null: shared. */
  instances: ReadonlyMap<string, string | null>;
  tenants: readonly string[];
  services: ReadonlySet<string>;
}

export function createHistoryApi(
  history: History,
  inventory: Inventory,
  fleet: () => Fleet | null,
  now: () => number = Date.now,
): HistoryApi {
  async function readNames(): Promise<Names> {
    const [nodes, instances] = await Promise.all([listNodes(inventory.database), listInstances(inventory.database)]);
    return {
      nodes: new Set(nodes.map(({ name }) => name)),
      instances: new Map(instances.map(({ name, tenant }) => [name, tenant])),
      tenants: Object.keys(fleet()?.tenants ?? {}),
      services: new Set([...catalog.keys(), ...instances.map(({ service }) => service)]),
    };
  }
  return {
    status: history.status,
    async read(question) {
      const names = await readNames();
      const { resolutionMilliseconds, stepMilliseconds, from, length, series } = history.read({
        ...question,
        ...withinKept(question, fleet()?.metrics.history ?? defaultHistory, now()),
        nameOf: (group) => (isOf(group, question, names) ? seriesName(group, question) : undefined),
      });
      // What was removed from the fleet has a history for as long as that is kept.
      if (series.length === 0 && !isKnown(question, names)) {
        throw noHistory(question);
      }
      return {
        ...{ kind: question.kind, name: question.name, length, series },
        from: new Date(from).toISOString(),
        stepSeconds: stepMilliseconds / 1000,
        resolutionSeconds: resolutionMilliseconds / 1000,
      };
    },
  };
}

/** There is nothing before and after, and each step of a span costs memory, whether something was measured or not. */
function withinKept(
  { from, to }: Pick<HistoryQuestion, "from" | "to">,
  { resolutions }: MetricsHistory,
  now: number,
): { from: number; to: number } {
  const earliest = now - Math.max(...resolutions.map(({ days }) => days)) * 86_400_000;
  const latest = now + Math.max(...resolutions.map(({ seconds }) => seconds)) * 1000;
  const within = (at: number): number => Math.min(Math.max(at, earliest), latest);
  return { from: within(from), to: within(to) };
}

function seriesName(group: Group, { by, name }: HistoryQuestion): string {
  return by === "sum" ? name : thingOf(group);
}

/** Its own name: of the node itself, a container, or what a store or a disk holds. */
function thingOf({ container, node }: Group): string {
  return container === "" ? node : container;
}

function isOf(group: Group, question: HistoryQuestion, names: Names): boolean {
  const { node, container, instance } = group;
  const { kind, name, by, instances } = question;
  if (question.only !== null && !question.only.has(thingOf(group))) return false;
  if (kindOfHolding(group) !== null) return isHeldFor(group, question, names);
  if (container !== "" && instances !== null && !instances.has(instance)) return false;
  if (kind === "node") return node === name && (container === "") === (by === "sum");
  if (container === "") return false;
  return kind === "instance" ? instance === name : tenantOf(instance, names) === name;
}

/** Buckets are a tenant's own or a shared instance's, file systems their node's; everything else is an instance's. */
function isHeldFor(group: Group, { kind, name, instances }: HistoryQuestion, names: Names): boolean {
  const { instance: owner } = group;
  const isOnNode = kind === "node" && nodeOfHolding(group) === name;
  if (kindOfHolding(group) === "file-system") return isOnNode;
  if (isOnNode) return instances === null || instances.has(owner);
  if (isBucket(group) && names.tenants.includes(owner)) return kind === "tenant" && owner === name;
  // Of an owner that is gone: `user1-x` may have been a tenant, and no service of `user1`'s.
  if (isBucket(group) && kind === "tenant" && !names.instances.has(owner)) return false;
  if (kind === "node" || (instances !== null && !instances.has(owner))) return false;
  return kind === "instance" ? owner === name : tenantOf(owner, names) === name;
}

/**
 * An instance that is gone was the tenant's whose name stands before its service's: `user1-x-n8n` is not `user1`'s, even
 * where nobody knows of a tenant `user1-x` any more.
 */
function tenantOf(instance: string, { instances, tenants, services }: Names): string | null {
  const known = instances.get(instance);
  if (known !== undefined) return known;
  const isOwn = (tenant: string): boolean => {
    const service = instance.slice(tenant.length + 1);
    return instance.startsWith(`${tenant}-`) && (services.has(service) || !service.includes("-"));
  };
  return tenants.filter(isOwn).toSorted((one, other) => other.length - one.length)[0] ?? null;
}

function isKnown({ kind, name }: HistoryQuestion, { nodes, instances, tenants }: Names): boolean {
  return { node: nodes.has(name), instance: instances.has(name), tenant: tenants.includes(name) }[kind];
}
