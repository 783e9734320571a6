/** What each query of a panel gives of what `startMonitored` sets up. For tests. */
import { backupAge, bytesPerSecond, controllerBackupAge, day, proofAge, upFor } from "./monitored.ts";

/** What changes while it is looked at. */
export interface About {
  about: number;
}

/** Values alone, or by the label that tells series apart. */
export type Expected = (number | About)[] | Record<string, number | About>;

const growth = about(bytesPerSecond * day);
const modelsAhead = about((7e11 + 4 * day * bytesPerSecond) / 1e12);
const volumes = { "user1-n8n-data": about(7e11), "shared-redis-data": 5e9, "left-over": 4e9 };

/** By dashboard, row, panel and the letter of its query. */
export const expectedPanels: Readonly<Record<string, Expected | (() => Expected)>> = {
  "Berth fleet / Now / Nodes A": [1],
  "Berth fleet / Now / Nodes B": [2],
  "Berth fleet / Now / Instances A": [2],
  "Berth fleet / Now / Instances B": [3],
  "Berth fleet / Now / Alerts firing A": [1],
  "Berth fleet / Now / Late backups A": [1],
  "Berth fleet / Now / Oldest backup A": () => [Math.max(backupAge(), controllerBackupAge())],
  "Berth fleet / Now / Next certificate ends in A": [90 * day],
  "Berth fleet / Instances and alerts / Instances by state A": { healthy: 2, unhealthy: 1 },
  "Berth fleet / Instances and alerts / Alerts A": { BerthBackupUnproven: 1 },
  "Berth fleet / Tenants / CPU A": { user1: 0.375, shared: 0.5 },
  "Berth fleet / Tenants / Memory A": { user1: 5e8, shared: 1e8 },
  "Berth fleet / Nodes / CPU of the limit A": { user1: 0.375 },
  "Berth fleet / Nodes / Memory of the limit A": { user1: 0.25 },
  "Berth fleet / Nodes / Disk A": { user1: 0.4 },
  "Berth fleet / File systems and volumes / Fullest file systems A": { "/mnt/models": about(0.7), "/": 0.4 },
  "Berth fleet / File systems and volumes / Fullest file systems B": { "/mnt/models": about(3e11), "/": 18e9 },
  "Berth fleet / File systems and volumes / Fullest file systems C": { "/mnt/models": modelsAhead, "/": 0.4 },
  "Berth fleet / File systems and volumes / Largest volumes A": volumes,
  "Berth fleet / What stores hold / Databases A": { user1: 8192, shared: 4096 },
  "Berth fleet / What stores hold / Points A": { user1: 7 },
  "Berth fleet / What stores hold / Buckets A": { user1: 100 },
  "Berth fleet / What stores hold / Kept in databases A": { executions: 12, workflows: 3 },
  "Berth fleet / What stores hold / Fullest buckets A": { "user1-uploads": 0.1 },
  "Berth fleet / Backups / Age of the newest backup A": () => ({
    user1: backupAge(),
    controller: controllerBackupAge(),
  }),
  "Berth fleet / Backups / Age of the last proof by a restore A": { user1: proofAge },
  "Berth node / Now / Connected A": [1],
  "Berth node / Now / Up for A": [upFor],
  "Berth node / Now / Instances healthy A": [2],
  "Berth node / Now / Instances healthy B": [3],
  "Berth node / Now / Containers A": [3],
  "Berth node / Now / Restarts in a day A": [0],
  "Berth node / Now / Memory of the limit A": [0.25],
  "Berth node / Now / Disk A": [0.4],
  "Berth node / Now / Fullest file system A": [about(0.7)],
  "Berth node / Node / CPU A": [0.75],
  "Berth node / Node / CPU B": [2],
  "Berth node / Node / CPU C": [1.25],
  "Berth node / Node / Memory A": [1e9],
  "Berth node / Node / Memory B": [4e9],
  "Berth node / Node / Memory C": [4096],
  "Berth node / Node / Disk space A": [12e9],
  "Berth node / Node / Disk space B": [30e9],
  "Berth node / Node / Disk A": [5600],
  "Berth node / Node / Disk B": [7800],
  "Berth node / Node / Network A": [1200],
  "Berth node / Node / Network B": [3400],
  "Berth node / Node / Pressure A": [0.5],
  "Berth node / Node / Pressure B": [0.25],
  "Berth node / Node / Pressure C": [0.125],
  "Berth node / Node / CPU throttled A": { "user1-n8n": 0.75, "user1-flowise": 0, "shared-redis": 0.25 },
  "Berth node / File systems and volumes / Used of each file system A": { "/mnt/models": about(0.7), "/": 0.4 },
  "Berth node / File systems and volumes / Volumes A": volumes,
  "Berth node / File systems and volumes / File systems A": { "/mnt/models": about(0.7), "/": 0.4 },
  "Berth node / File systems and volumes / File systems B": { "/mnt/models": 1e12, "/": 30e9 },
  "Berth node / File systems and volumes / File systems C": { "/mnt/models": growth, "/": 0 },
  "Berth node / File systems and volumes / File systems D": { "/mnt/models": modelsAhead, "/": 0.4 },
  "Berth node / File systems and volumes / Largest volumes A": volumes,
  "Berth node / File systems and volumes / Largest volumes B": {
    "user1-n8n-data": growth,
    "shared-redis-data": 0,
    "left-over": 0,
  },
  "Berth node / Containers / CPU A": { "user1-n8n": 0.25, "user1-flowise": 0.125, "shared-redis": 0.5 },
  "Berth node / Containers / Memory A": { "user1-n8n": 3e8, "user1-flowise": 2e8, "shared-redis": 1e8 },
  "Berth node / Containers / Memory of each limit A": { "user1-n8n": 0.3, "user1-flowise": 0.2, "shared-redis": 0.25 },
  "Berth node / Containers / Instances A": { "user1-n8n": 1, "user1-flowise": 1, "shared-redis": 1 },
  "Berth tenant / Now / Instances healthy A": [1],
  "Berth tenant / Now / Instances healthy B": [2],
  "Berth tenant / Now / CPU A": [0.375],
  "Berth tenant / Now / Memory A": [5e8],
  "Berth tenant / Now / Databases A": [8192],
  "Berth tenant / Now / Points A": [7],
  "Berth tenant / Now / Buckets A": [100],
  "Berth tenant / Instances / CPU A": { "user1-n8n": 0.25, "user1-flowise": 0.125 },
  "Berth tenant / Instances / Memory A": { "user1-n8n": 3e8, "user1-flowise": 2e8 },
  "Berth tenant / Instances / Network received A": { "user1-n8n": 11, "user1-flowise": 1 },
  "Berth tenant / Instances / Network sent A": { "user1-n8n": 22, "user1-flowise": 2 },
  "Berth tenant / Instances / Volumes A": { "user1-n8n-data": about(7e11) },
  "Berth tenant / Instances / States A": { "user1-n8n": 1, "user1-flowise": 1 },
  "Berth tenant / Stores / Databases A": { user1_n8n: 8192 },
  "Berth tenant / Stores / Kept in databases A": { executions: 12, workflows: 3 },
  "Berth tenant / Stores / Connections A": { user1_n8n: 3 },
  "Berth tenant / Stores / Connections B": { user1_n8n: 20 },
  "Berth tenant / Stores / Points A": { user1_flowise_vectors: 7 },
  "Berth tenant / Stores / Buckets A": { "user1-uploads": 100 },
  "Berth tenant / Stores / Buckets B": { "user1-uploads": 1000 },
  "Berth tenant / Stores / Objects A": { "user1-uploads": 2 },
  "Berth tenant / Stores / Buckets of their quota A": { "user1-uploads": 0.1 },
  "Berth tenant / Backups / Age of the newest backup A": () => [backupAge()],
  "Berth tenant / Backups / Its size A": [4096],
  "Berth tenant / Backups / Late A": [0],
  "Berth tenant / Backups / Last proof by a restore A": [proofAge],
};

function about(value: number): About {
  return { about: value };
}
