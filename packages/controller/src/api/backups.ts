import {
  createBackup,
  getBackup,
  listBackups,
  pruneBackups,
  restoreBackup,
  verifyBackups,
  type LateBackup,
} from "@berth/shared/api/backups";
import { BerthError } from "@berth/shared/errors";
import type { FastifyInstance } from "fastify";
import { isInScope } from "../accounts/scope.ts";
import type { BackupChange, BackupControl } from "../backups/backup-control.ts";
import { serveEndpoint } from "./endpoint.ts";
import { toPlan } from "./fleet.ts";
import type { SinceOf } from "./since.ts";

export interface BackupsApi {
  control: BackupControl;
  /** Owners whose last due backup is not there. */
  late: () => Promise<LateBackup[]>;
}

export function serveBackups(app: FastifyInstance, { control, late }: BackupsApi, sinceOf: SinceOf): void {
  serveEndpoint(app, listBackups, async ({ query, scope }) => {
    const [backups, lateOnes, since] = await Promise.all([control.list(query.of), late(), sinceOf(scope)]);
    const isOwn = ({ owner }: { owner: string }): boolean => isInScope("tenant", owner, scope);
    return {
      backups: backups.filter((backup) => isOwn(backup) && backup.createdAt >= since),
      late: lateOnes.filter((one) => (query.of === undefined || one.owner === query.of) && isOwn(one)),
    };
  });
  serveEndpoint(app, getBackup, ({ params }) => control.get(params.id));
  serveEndpoint(app, createBackup, async ({ body: { of, dryRun }, account }) =>
    answer(await control.create(of, { dryRun, account: account.name })),
  );
  serveEndpoint(app, verifyBackups, async ({ body: { owner, dryRun }, account }) =>
    answer(await control.verify(owner, { dryRun, account: account.name })),
  );
  serveEndpoint(app, pruneBackups, async ({ body: { dryRun }, account }) =>
    answer(await control.prune({ dryRun, account: account.name })),
  );
  serveEndpoint(app, restoreBackup, async ({ body: { dryRun, as, ...request }, account }) => {
    const options = { dryRun, account: account.name };
    if (as === undefined) return answer(await control.restore(request, options));
    const { of, ...choice } = request;
    if (of === null) throw new BerthError("request.invalid", "One tenant is restored beside, and not everything");
    return answer(await control.restoreBeside({ ...choice, of, as }, options));
  });
}

function answer({ plan, run }: BackupChange) {
  return { plan: toPlan(plan), run };
}
