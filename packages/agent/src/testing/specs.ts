/** Specifications for tests. */
import { healthSchema } from "@berth/shared/catalog/schema";
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";

export const mebibyte = 1024 * 1024;

export function containerSpec(overrides: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    name: "user1-web",
    image: "test/web:1",
    env: {},
    ports: [{ container: 80, host: 8080 }],
    volumes: [{ volume: "data", path: "/data" }],
    memoryBytes: 64 * mebibyte,
    stopTimeoutSeconds: 1,
    health: healthSchema.parse({
      http: { port: 80, path: "/health" },
      intervalSeconds: 0.2,
      timeoutSeconds: 1,
      startPeriodSeconds: 3,
    }),
    ...overrides,
  };
}

export function instanceSpec(overrides: Partial<InstanceSpec> = {}): InstanceSpec {
  return {
    instance: "user1-web",
    service: "web",
    version: "1",
    tenant: "user1",
    node: "user1",
    hash: "hash-1",
    containers: [containerSpec()],
    ...overrides,
  };
}
