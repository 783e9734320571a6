/** Names for completion out of the controller's answers. A shell that waits for Tab must not wait for a controller. */
import { listAccounts } from "@berth/shared/api/accounts";
import { getFleetFile } from "@berth/shared/api/fleet";
import { listRuns } from "@berth/shared/api/runs";
import { listSecrets } from "@berth/shared/api/secrets";
import { getStatus } from "@berth/shared/api/status";
import { listTenants } from "@berth/shared/api/tenants";
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import type { Service } from "@berth/shared/catalog/schema";
import { parseStoredFleet } from "@berth/shared/fleet/parse";
import { connectClient } from "../client/connect.ts";
import type { Client } from "../client/client.ts";
import type { Terminal } from "../terminal.ts";
import type { Candidate, NameLookup } from "./complete.ts";

type NamesOfController = Parameters<NameLookup>[0];

const deadlineSeconds = 1;

export function createNameLookup(environment: Terminal["environment"], controller?: string): NameLookup {
  return async (kind) => {
    const outOfTime = AbortSignal.timeout(deadlineSeconds * 1000);
    // Completion has no place to show an error: it offers nothing, or what is known without asking.
    const known = kind === "service" ? serviceCandidates(catalog.values()) : [];
    const late = new Promise<Candidate[]>((resolve) => outOfTime.addEventListener("abort", () => resolve(known)));
    const asked = connectClient({ controller, environment, raw: false })
      .then((client) => askController(client, kind, outOfTime))
      .catch(() => known);
    return Promise.race([asked, late]);
  };
}

async function askController(client: Client, kind: NamesOfController, signal: AbortSignal): Promise<Candidate[]> {
  if (kind === "run") {
    const { runs } = await client.call(listRuns, { query: { limit: 20 }, signal });
    return runs.map((run) => ({ value: String(run.id), description: `${run.kind} ${run.state}` }));
  }
  if (kind === "account") {
    const { accounts } = await client.call(listAccounts, { signal });
    return accounts.map(({ name, role }) => ({ value: name, description: role }));
  }
  if (kind === "secret") {
    const { secrets } = await client.call(listSecrets, { signal });
    return secrets.map(({ name, usedBy }) => ({ value: name, description: usedBy.join(" ") }));
  }
  if (kind === "tenant") {
    const { tenants } = await client.call(listTenants, { signal });
    return tenants.map(({ name, state }) => ({ value: name, description: state }));
  }
  if (kind === "service") {
    const { fleet } = parseStoredFleet((await client.call(getFleetFile, { signal })).yaml, "fleet.yaml", catalog);
    return serviceCandidates((fleet === null ? catalog : catalogOf(fleet, catalog)).values());
  }
  const status = await client.call(getStatus, { signal });
  if (kind === "suspended") {
    const alone = (status.suspended ?? []).filter(({ withTenant }) => !withTenant);
    return alone.map(({ name, node }) => ({ value: name, description: node }));
  }
  const named = kind === "node" ? status.nodes : status.instances;
  return named.map(({ name, state }) => ({ value: name, description: state }));
}

function serviceCandidates(services: Iterable<Service>): Candidate[] {
  return Array.from(services, ({ name, title }) => ({ value: name, description: title }));
}
