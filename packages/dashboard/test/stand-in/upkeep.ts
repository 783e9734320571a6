/** What the stand-in answers of tenants, routes, backups and upgrades. */
import { listBackups, type Backup } from "@berth/shared/api/backups";
import { listDisks, type NodeDisks } from "@berth/shared/api/disks";
import { listEvents, type Event } from "@berth/shared/api/events";
import { listRoutes, testRoutes, type Route, type RouteList, type RouteResult } from "@berth/shared/api/routes";
import type {
  ControllerStanding,
  InstanceStatus,
  NodeStatus,
  OwnerBackups,
  SuspendedInstance,
} from "@berth/shared/api/status";
import { getTenant, listTenants, type TenantStatus } from "@berth/shared/api/tenants";
import { getUsage, type Usage } from "@berth/shared/api/usage";
import { listUpgrades, type Upgrade, type UpgradeCheck } from "@berth/shared/api/upgrades";
import { BerthError } from "@berth/shared/errors";
import { answerAlerts, makeAlerts, type AlertWorld } from "./alerts.ts";
import { controllerStandingOf, makeBackups, ownersOf } from "./backups.ts";
import { makeDisks } from "./disks.ts";
import { makeEvents } from "./events.ts";
import { makeRoutes, makeTenants, testRoute } from "./places.ts";
import { makeCheck, makeUpgrades } from "./upgrades.ts";
import { makeUsage, usageOf } from "./usage.ts";

export interface Upkeep {
  backups: Backup[];
  /** undefined: the fleet file has no backups. */
  owners: OwnerBackups[] | undefined;
  /** The same. */
  controllerBackup: ControllerStanding | undefined;
  suspended: SuspendedInstance[];
  tenants: TenantStatus[];
  routes: Route[];
  router: RouteList["router"];
  upgrades: Upgrade[];
  events: Event[];
  usage: Usage;
  disks: NodeDisks[];
  alerts: AlertWorld;
  check: UpgradeCheck;
  testRoute: (route: Route) => RouteResult;
}

export function makeUpkeep(now: number, nodes: readonly NodeStatus[], instances: readonly InstanceStatus[]): Upkeep {
  const backups = makeBackups(now, instances);
  const tenants = makeTenants(nodes, instances);
  return {
    backups,
    owners: ownersOf(
      tenants.map(({ name }) => name),
      backups,
    ),
    controllerBackup: controllerStandingOf(now),
    suspended: [],
    tenants,
    routes: makeRoutes(nodes, instances),
    router: { address: "10.0.6.10", port: 443, tls: true },
    upgrades: makeUpgrades(now),
    events: makeEvents(now),
    usage: makeUsage(now, tenants),
    disks: makeDisks(now, nodes, instances),
    alerts: makeAlerts(now),
    check: makeCheck(now, instances),
    testRoute,
  };
}

/** undefined: the call is about something else. */
export function answerUpkeep(call: string, url: URL, upkeep: Upkeep): unknown {
  const { backups, tenants, routes, router, upgrades } = upkeep;
  switch (call) {
    case `GET ${listBackups.path}`: {
      const of = url.searchParams.get("of");
      const isOf = ({ owner, parts }: Backup) => owner === of || parts.some(({ subject }) => subject === of);
      return listBackups.response.parse({ backups: backups.filter((one) => of === null || isOf(one)), late: [] });
    }
    case `GET ${listTenants.path}`:
      return listTenants.response.parse({ tenants });
    case `GET ${listRoutes.path}`:
      return listRoutes.response.parse({ routes, router });
    case `POST ${testRoutes.path}`:
      return testRoutes.response.parse({ results: routes.map(upkeep.testRoute) });
    case `GET ${listEvents.path}`: {
      const kind = url.searchParams.get("kind");
      const events = upkeep.events.filter((event) => kind === null || event.kind === kind);
      return listEvents.response.parse({ events });
    }
    case `GET ${getUsage.path}`:
      return getUsage.response.parse(usageOf(url.searchParams.get("tenant"), upkeep.usage));
    case `GET ${listDisks.path}`: {
      const node = url.searchParams.get("node");
      return listDisks.response.parse({ nodes: upkeep.disks.filter((one) => node === null || one.node === node) });
    }
    case `GET ${listUpgrades.path}`:
      return listUpgrades.response.parse({ upgrades });
    default:
      return answerAlerts(call, upkeep.alerts) ?? answerTenant(call, tenants);
  }
}

function answerTenant(call: string, tenants: readonly TenantStatus[]): unknown {
  const [, name] = /^GET \/api\/tenants\/([^/]+)$/.exec(call) ?? [];
  if (name === undefined) return undefined;
  const tenant = tenants.find((one) => one.name === decodeURIComponent(name));
  if (tenant) return getTenant.response.parse(tenant);
  throw new BerthError("not-found", `No tenant is named '${decodeURIComponent(name)}'`);
}
