/** Which files on the controller's machine a fleet refers to: without them it cannot be looked after. Pure. */
import type { Fleet } from "@berth/shared/fleet/schema";

/** As the fleet names them: relative to the configuration directory, or absolute. */
export function filesOf(fleet: Fleet): string[] {
  const target = fleet.backups?.target;
  const named = [
    ...Object.values(fleet.proxmox).flatMap(({ caFile, tokenSecretFile, rootPasswordFile }) => [
      caFile,
      tokenSecretFile,
      rootPasswordFile,
    ]),
    ...Object.values(fleet.nodes).map(({ ssh }) => (ssh === undefined || ssh === false ? undefined : ssh.identityFile)),
    fleet.images.caFile,
    fleet.routes.router?.caFile,
    target !== undefined && "s3" in target ? target.s3.caFile : undefined,
  ];
  return [...new Set(named.filter((file) => file !== undefined))];
}
