/** The engine of backups: restic, run in a container like everything else on a node. */
export const restic = { image: "docker.io/restic/restic", version: "0.18.1" } as const;
