/** Remote write, wired: where to, what, and who is told when it fails. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { remoteWriteSecretName, type RemoteWriteSettings } from "@berth/shared/fleet/metrics";
import { recordEvent } from "../inventory/events.ts";
import { post, urlOf } from "../outbound/post.ts";
import type { Prometheus } from "../prometheus/prometheus.ts";
import { RemoteWrite } from "../prometheus/remote-write.ts";
import { writeRequest, writeRequestHeaders } from "../prometheus/write-request.ts";
import type { Controller } from "./open-controller.ts";

export type RemoteWriteRooms = Pick<Controller, "presentFleet" | "inventory"> & {
  options: Pick<Controller["options"], "configurationDirectory">;
  secrets: Pick<Controller["secrets"], "version" | "reveal" | "redact">;
  logger: { warn: (fields: object, text: string) => void; info: (fields: object, text: string) => void };
};

const postMilliseconds = 10_000;

export function openRemoteWrite(rooms: RemoteWriteRooms, prometheus: Pick<Prometheus, "values">): RemoteWrite {
  const { presentFleet, inventory, secrets, logger } = rooms;
  const remoteWrite = new RemoteWrite({
    values: prometheus.values,
    encode: writeRequest,
    target() {
      const settings = presentFleet()?.metrics.remoteWrite;
      if (settings === undefined) return null;
      return {
        intervalSeconds: settings.intervalSeconds,
        post: (body, signal) => send({ body, signal }, settings, rooms),
      };
    },
    async onChange(problem) {
      const what =
        problem === null ? "Metrics are taken by remote write again" : "Metrics are not taken by remote write";
      const message = problem === null ? what : `${what}: ${secrets.redact(problem)}`;
      logger[problem === null ? "info" : "warn"]({}, message);
      const kind = problem === null ? "remote-write.recovered" : "remote-write.failed";
      // Told in the log all the same.
      await recordEvent(inventory.database, { kind, message }).catch(() => undefined);
    },
  });
  remoteWrite.start();
  return remoteWrite;
}

async function send(
  request: { body: Uint8Array; signal: AbortSignal },
  { caFile }: RemoteWriteSettings,
  { secrets, options }: Pick<RemoteWriteRooms, "secrets" | "options">,
) {
  if (secrets.version(remoteWriteSecretName) === null)
    throw new BerthError("request.invalid", `the secret ${remoteWriteSecretName} is not set`);
  const secret = secrets.reveal(remoteWriteSecretName);
  const url = urlOf(secret, `The secret ${remoteWriteSecretName}`);
  const ca = caFile === undefined ? null : await readFile(resolve(options.configurationDirectory, caFile), "utf8");
  return post({ url, secret, headers: writeRequestHeaders, ca, ...request, milliseconds: postMilliseconds });
}
