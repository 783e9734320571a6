/** The room of what Prometheus reads, wired. */
import { X509Certificate } from "node:crypto";
import type { Status } from "@berth/shared/api/status";
import type { Authority } from "../agents/authority/authority.ts";
import type { Hub } from "../agents/types.ts";
import type { FleetStore } from "../apply/fleet-store.ts";
import { listCertificateEnds } from "../inventory/certificates.ts";
import type { Inventory } from "../inventory/database.ts";
import { tallyRuns } from "../inventory/runs.ts";
import { createPrometheus, type Prometheus } from "../prometheus/prometheus.ts";
import type { CertificateEnd, Snapshot } from "../prometheus/snapshot.ts";
import type { ReaderTokenSecrets } from "../secrets/reader-token.ts";
import { presentDisks } from "../status/disks.ts";
import type { BackupRooms } from "./backups.ts";
import type { ServeOptions } from "./options.ts";

export interface PrometheusRooms {
  version: string;
  options: Pick<ServeOptions, "agents">;
  inventory: Pick<Inventory, "database">;
  authority: Authority;
  hub: Pick<Hub, "recentSamples" | "disks">;
  store: Pick<FleetStore, "current">;
  secrets: ReaderTokenSecrets;
  backups: Pick<BackupRooms, "status">;
  presentedCertificate: { notAfter: number | null };
}

/** What the scrape has in common with the rest of the API. */
export interface PrometheusSources {
  status: () => Promise<Status>;
  usage: () => Snapshot["usage"];
}

export function openPrometheus(controller: PrometheusRooms, { status, usage }: PrometheusSources): Prometheus {
  const { version, options, inventory, authority, hub, store, secrets } = controller;
  return createPrometheus({
    ...{ version, status, usage, secrets, caPem: authority.caPem },
    recentSamples: (query) => hub.recentSamples(query),
    disks: () => hub.disks().map(presentDisks),
    runs: () => tallyRuns(inventory.database),
    backups: () => controller.backups.status(),
    certificates: () => certificateEnds(controller),
    async place() {
      const fleet = (await store.current())?.fleet;
      if (fleet === undefined) return { fleet: null, ...options.agents };
      const { address: host, port } = fleet.controller;
      return { fleet: fleet.fleet, host, port };
    },
  });
}

/** Of agents, the controller and its authority. */
export async function certificateEnds({
  inventory,
  authority,
  presentedCertificate: { notAfter: serverEnd },
}: Pick<PrometheusRooms, "inventory" | "authority" | "presentedCertificate">): Promise<CertificateEnd[]> {
  const agents = await listCertificateEnds(inventory.database);
  return [
    { certificate: "authority", node: null, notAfter: Date.parse(new X509Certificate(authority.caPem).validTo) },
    // What the listener presents, not what the next renewal would be.
    ...(serverEnd === null ? [] : [{ certificate: "server", node: null, notAfter: serverEnd } as const]),
    ...agents.map(({ node, notAfter }): CertificateEnd => ({ certificate: "agent", node, notAfter })),
  ];
}
