/** Looks at a tenant from outside: its services answer by their routes, and its keys open nothing of others. */
import { BerthError } from "@berth/shared/errors";
import type { Route, RouteResult } from "@berth/shared/api/routes";
import type { Fleet } from "@berth/shared/fleet/schema";
import pLimit from "p-limit";
import type { Stores } from "../needs/stores.ts";
import { systemDatabases } from "../needs/postgres-observe.ts";
import type { Desired } from "../plan/desired.ts";
import type { DesiredNeed } from "../plan/desired-needs.ts";
import { ownerOf, ownersOf } from "../plan/owners.ts";
import type { OperationHandler } from "../runs/handlers.ts";

export interface VerifyDependencies {
  fleet: () => Promise<Fleet>;
  desired: (fleet: Fleet) => Desired;
  routes: () => Promise<readonly Route[]>;
  testRoutes: (hosts: readonly string[], signal: AbortSignal) => Promise<RouteResult[]>;
  opens: Stores["opens"];
}

const atOnce = 4;

/** The handler of `tenant.verify`. Throws `run.failed` with everything that is not as it should be. */
export function createTenantVerifyHandler(dependencies: VerifyDependencies): OperationHandler<"tenant.verify"> {
  return async ({ input: { tenant }, log, signal }) => {
    const fleet = await dependencies.fleet();
    const desired = dependencies.desired(fleet);
    const answers = await lookAtRoutes(tenant, dependencies, signal);
    const attempts = await lookAtKeys(tenant, fleet, desired, dependencies, signal);
    const failures = [...answers, ...attempts].filter(({ failure }) => failure !== null);
    for (const { what, failure } of [...answers, ...attempts]) log(failure === null ? `ok: ${what}` : failure);
    if (failures.length === 0) return { checks: answers.length + attempts.length };
    throw new BerthError("run.failed", failures.map(({ failure }) => failure).join("; "), {
      hint: "`berth route list` tests the routes again, `berth apply --plan` shows what is not as the fleet says",
    });
  };
}

interface Look {
  what: string;
  /** null: as it should be. */
  failure: string | null;
}

async function lookAtRoutes(
  tenant: string,
  { routes, testRoutes }: VerifyDependencies,
  signal: AbortSignal,
): Promise<Look[]> {
  const hosts = (await routes()).filter((route) => route.tenant === tenant).map(({ host }) => host);
  const results = await testRoutes(hosts, signal);
  return results.map(({ host, outcome, reason }) => ({
    what: outcome === "untested" ? `${host} was not tested: ${reason}` : `${host} answers`,
    failure: outcome === "failed" ? `${host} does not answer: ${reason}` : null,
  }));
}

/** Each of the tenant's credentials on one thing of each other owner, and on what is nobody's. */
async function lookAtKeys(
  tenant: string,
  fleet: Fleet,
  desired: Desired,
  { opens }: VerifyDependencies,
  signal: AbortSignal,
): Promise<Look[]> {
  const mine = ownersOf(desired, tenant);
  const isOwn = (need: DesiredNeed) => mine.has(ownerOf(need));
  const { needs } = desired;
  const own = needs.filter(isOwn);
  const foreign = [...needs.filter((need) => !isOwn(need)), ...systemNeeds(needs)];
  const limit = pLimit(atOnce);
  const pairs = own.flatMap((need) =>
    foreign.filter(({ kind }) => kind === need.kind).map((other) => [need, other] as const),
  );
  return Promise.all(
    pairs.map(([need, other]) =>
      limit(async (): Promise<Look> => {
        signal.throwIfAborted();
        const what = `what ${ownerOf(need)} holds does not open ${nameOf(other)}`;
        const failure = `${ownerOf(need)} gets into ${nameOf(other)}, which is not its own`;
        return { what, failure: (await opens(fleet, need, other)) ? failure : null };
      }),
    ),
  );
}

function systemNeeds(needs: readonly DesiredNeed[]): DesiredNeed[] {
  const [database] = needs.filter((need) => need.kind === "database.ensure");
  if (database === undefined) return [];
  return systemDatabases.map((name) => ({
    ...database,
    target: name,
    input: { ...database.input, instance: database.server, database: name },
  }));
}

function nameOf(need: DesiredNeed): string {
  switch (need.kind) {
    case "database.ensure":
      return `database ${need.input.database}`;
    case "collections.ensure":
      return `collection ${need.input.collections[0]?.name}`;
    case "buckets.ensure":
      return `bucket ${need.input.buckets[0]}`;
    case "models.ensure":
      return "models";
  }
}
