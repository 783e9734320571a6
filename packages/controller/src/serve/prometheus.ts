/** The room of what Prometheus reads, wired. */
import { X509Certificate } from "node:crypto";
import type { Status } from "@berth/shared/api/status";
import { listCertificateEnds } from "../inventory/certificates.ts";
import { tallyRuns } from "../inventory/runs.ts";
import { createPrometheus, type Prometheus } from "../prometheus/prometheus.ts";
import type { CertificateEnd } from "../prometheus/snapshot.ts";
import type { Controller } from "./open-controller.ts";

export type PrometheusRooms = Pick<
  Controller,
  "version" | "options" | "inventory" | "authority" | "hub" | "store" | "secrets" | "backups" | "serverNames"
>;

export function openPrometheus(controller: PrometheusRooms, status: () => Promise<Status>): Prometheus {
  const { version, options, inventory, authority, hub, store, secrets } = controller;
  return createPrometheus({
    ...{ version, status, secrets, caPem: authority.caPem },
    recentSamples: (query) => hub.recentSamples(query),
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

async function certificateEnds({ inventory, authority, serverNames }: PrometheusRooms): Promise<CertificateEnd[]> {
  const server = await authority.issueServerCertificate(await serverNames());
  const agents = await listCertificateEnds(inventory.database);
  return [
    { certificate: "authority", node: null, notAfter: Date.parse(new X509Certificate(authority.caPem).validTo) },
    { certificate: "server", node: null, notAfter: server.notAfter },
    ...agents.map(({ node, notAfter }): CertificateEnd => ({ certificate: "agent", node, notAfter })),
  ];
}
