/** The room of alerts, wired. */
import { alertSecretName, needsSecret } from "@berth/shared/fleet/alert-receivers";
import type { Logger } from "pino";
import type { Authority } from "../agents/authority/authority.ts";
import type { Hub } from "../agents/types.ts";
import { openAlerts as openRoom, type AlertsDependencies, type AlertsRoom } from "../alerts/alerts.ts";
import { createReadings } from "../alerts/readings.ts";
import { sendMessage } from "../alerts/receivers/send.ts";
import type { FleetStore } from "../apply/fleet-store.ts";
import type { Inventory } from "../inventory/database.ts";
import type { Runner } from "../runs/runner.ts";
import type { Secrets } from "../secrets/open.ts";
import { readStatus } from "../status/status.ts";
import type { BackupRooms } from "./backups.ts";
import type { ServeOptions } from "./options.ts";
import { keepAnswer } from "./keep-answer.ts";
import { certificateEnds } from "./prometheus.ts";
import { findRunUnderWay } from "./run-under-way.ts";

export interface AlertRooms {
  options: Pick<ServeOptions, "configurationDirectory">;
  inventory: Inventory;
  authority: Authority;
  hub: Pick<Hub, "connection" | "disks" | "events">;
  store: Pick<FleetStore, "current">;
  secrets: Pick<Secrets, "reveal" | "version" | "redact">;
  backups: Pick<BackupRooms, "status">;
  runner: Pick<Runner, "list" | "get">;
  presentedCertificate: { notAfter: number | null };
  logger: Logger;
}

/** What changes by the day is read by the minute: it is not in memory. */
const slowMilliseconds = 60_000;

/** Tests have less patience. */
export type AlertTimings = Pick<AlertsDependencies, "startDelayMilliseconds" | "lookMilliseconds">;

export async function openAlerts(rooms: AlertRooms, timings: AlertTimings = {}): Promise<AlertsRoom> {
  const { options, inventory, hub, store, secrets, logger } = rooms;
  const readings = createReadings();
  hub.events.on("samples", readings.take);
  hub.events.on("disks", readings.takeDisks);
  hub.events.on("event", readings.takeEvent);
  hub.events.on("node.gone", ({ node }) => readings.forget(node));
  const fleet = async () => (await store.current())?.fleet ?? null;
  const dependencies = { inventory, hub, fleetName: async () => (await fleet())?.fleet ?? null };
  const onFailure: AlertsDependencies["onFailure"] = (error, what) => logger.error({ err: error }, what);
  const backups = keepAnswer(slowMilliseconds, rooms.backups.status, (error) =>
    onFailure(error, "How backups stand could not be read for alerts"),
  );
  const certificates = keepAnswer(
    slowMilliseconds,
    () => certificateEnds(rooms),
    (error) => onFailure(error, "When certificates end could not be read for alerts"),
  );
  const missing: AlertsDependencies["missing"] = (receiver, settings) => {
    const name = alertSecretName(receiver);
    if (!needsSecret(settings) || secrets.version(name) !== null) return null;
    return `the secret ${name} is not set (\`berth secret set ${name}\`)`;
  };
  const room = await openRoom({
    ...{ inventory, fleet, readings, missing, ...timings },
    view: async () => ({
      backups: await backups(),
      certificates: await certificates(),
      status: await readStatus(dependencies),
      fileSystems: (node) => {
        const [known] = hub.disks(node);
        return known === undefined || known.readAt === null ? null : known.fileSystems;
      },
      atWork: await instancesAtWork(rooms.runner),
    }),
    send: (receiver, settings, message) =>
      sendMessage(receiver, settings, message, {
        secrets,
        configurationDirectory: options.configurationDirectory,
      }),
    redact: (text) => secrets.redact(text),
    onFailure,
  });
  return {
    ...room,
    async close() {
      hub.events.off("samples", readings.take);
      hub.events.off("disks", readings.takeDisks);
      hub.events.off("event", readings.takeEvent);
      await room.close();
    },
  };
}

async function instancesAtWork(runner: AlertRooms["runner"]): Promise<ReadonlySet<string>> {
  const run = await findRunUnderWay(runner);
  const steps = run?.steps ?? [];
  return new Set(steps.filter(({ state }) => state === "running" || state === "waiting").map(({ target }) => target));
}
