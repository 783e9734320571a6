/** The controller's own backups, and the key that opens them. */
import {
  controllerArchivePath,
  createControllerBackup,
  listControllerBackups,
  revealRecoveryKey,
  rotateRecoveryKey,
  type ControllerBackup,
  type RecoveryKey,
} from "@berth/shared/api/recovery";
import type { Secret } from "@berth/shared/secret";
import type { FastifyInstance } from "fastify";
import type { Recovery } from "../recovery/recovery.ts";
import { serveEndpoint } from "./endpoint.ts";

type Revealed = RecoveryKey & { identity: Secret };

export interface RecoveryApi {
  list: Recovery["list"];
  create: () => Promise<ControllerBackup>;
  archive: Recovery["archive"];
  reveal: (account: string, version?: number) => Promise<Revealed>;
  rotate: (account: string) => Promise<Revealed>;
  fleetName: () => Promise<string | null>;
}

export function serveRecovery(app: FastifyInstance, api: RecoveryApi): void {
  const told = async ({ identity, ...key }: Revealed) => ({
    ...{ ...key, fleet: await api.fleetName() },
    identity: identity.reveal(),
  });
  serveEndpoint(app, listControllerBackups, () => api.list());
  serveEndpoint(app, createControllerBackup, () => api.create());
  serveEndpoint(app, revealRecoveryKey, async ({ body: { version }, account }) =>
    told(await api.reveal(account.name, version)),
  );
  serveEndpoint(app, rotateRecoveryKey, async ({ account }) => told(await api.rotate(account.name)));
  app.post(controllerArchivePath, { config: { role: "admin" } }, async (request, reply) => {
    const { name, content } = await api.archive(request.account.name);
    return reply
      .type("application/octet-stream")
      .header("content-disposition", `attachment; filename="${name}"`)
      .send(content);
  });
}
