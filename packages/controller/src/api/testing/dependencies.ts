/** What an application needs, for tests that ask for none of it. */
import type { ApiDependencies } from "../app.ts";

const unused = () => Promise.reject(new Error("not asked for in this test"));

export const idleDependencies: ApiDependencies = {
  fleet: {
    version: "1.2.3",
    control: { plan: unused, apply: unused },
    exportFile: unused,
    status: unused,
    inventory: unused,
  },
  nodes: { status: unused, add: unused, remove: unused, createToken: unused, upgradeAgent: unused },
  runs: { get: unused, list: unused, logs: unused, cancel: unused, resume: unused },
  accounts: { login: unused, logout: unused, list: unused, set: unused, remove: unused },
  accessTokens: { create: unused, list: unused, remove: unused },
  live: {
    status: unused,
    alerts: () => ({ firing: 0, critical: 0 }),
    run: unused,
    logs: unused,
    subscribe: () => undefined,
    watchSamples: () => undefined,
  },
  instances: { restart: unused, stops: { stop: unused, start: unused }, logs: unused },
  samples: { recent: async () => [] },
  disks: { read: () => [] },
  history: {
    status: () => ({ bytes: 0, maxBytes: 1, resolutions: [], problem: null, setAside: null }),
    read: unused,
  },
  events: { list: unused },
  usage: { read: unused },
  tenantSince: () => Promise.resolve(null),
  tenants: {
    list: unused,
    control: { add: unused, remove: unused, suspend: unused, resume: unused, setKey: unused },
  },
  capacity: { present: unused, ofFile: unused },
  secrets: { list: unused, get: unused, reveal: unused, set: unused, rotate: unused, rotateKey: unused },
  backups: {
    control: {
      list: unused,
      get: unused,
      create: unused,
      createScheduled: unused,
      verify: unused,
      prune: unused,
      restoreBeside: unused,
      restore: unused,
      final: unused,
      beforeUpgrade: unused,
    },
    late: unused,
  },
  drills: { drill: unused, proofs: unused },
  upgrades: { control: { start: unused, list: unused, hold: unused, release: unused }, check: unused },
  recovery: { list: unused, create: unused, archive: unused, reveal: unused, rotate: unused, fleetName: unused },
  alerts: { list: unused, test: unused, silence: unused, endSilence: unused },
  prometheus: { metrics: unused, values: unused, targets: unused, setup: unused, isToken: () => false },
  routes: { list: unused, configuration: unused, test: unused, provider: unused, isToken: () => false },
};
