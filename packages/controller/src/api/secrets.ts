import {
  getSecret,
  listSecrets,
  revealSecret,
  rotateSecretKey,
  rotateSecrets,
  setSecret,
  type SecretStatus,
} from "@berth/shared/api/secrets";
import type { Run } from "@berth/shared/api/runs";
import { Secret } from "@berth/shared/secret";
import type { FastifyInstance } from "fastify";
import type { FleetPlan } from "../plan/plan.ts";
import { serveEndpoint } from "./endpoint.ts";
import { toPlan } from "./fleet.ts";

export interface SecretsApi {
  /** Of an instance or a tenant; of all when left out. Throws `not-found`. */
  list: (of?: string) => Promise<SecretStatus[]>;
  get: (name: string) => Promise<SecretStatus>;
  reveal: (name: string, account: string) => Promise<{ version: number; value: Secret }>;
  set: (
    name: string,
    value: Secret,
    options: { force: boolean; account: string },
  ) => Promise<{ version: number; changed: boolean; usedBy: string[] }>;
  rotate: (
    target: string,
    options: { dryRun: boolean; account: string },
  ) => Promise<{ plan: FleetPlan; run: Run | null }>;
  /** Gives how many versions of secrets there are. */
  rotateKey: (account: string) => Promise<number>;
}

export function serveSecrets(app: FastifyInstance, secrets: SecretsApi): void {
  serveEndpoint(app, listSecrets, async ({ query }) => ({ secrets: await secrets.list(query.of) }));
  serveEndpoint(app, getSecret, ({ params }) => secrets.get(params.name));
  serveEndpoint(app, revealSecret, async ({ params: { name }, account, reply }) => {
    reply.header("cache-control", "no-store");
    const { version, value } = await secrets.reveal(name, account.name);
    return { name, version, value: value.reveal() };
  });
  serveEndpoint(app, setSecret, async ({ params: { name }, body, account }) => ({
    name,
    ...(await secrets.set(name, new Secret(body.value), { force: body.force, account: account.name })),
  }));
  serveEndpoint(app, rotateSecrets, async ({ body: { target, dryRun }, account }) => {
    const { plan, run } = await secrets.rotate(target, { dryRun, account: account.name });
    return { plan: toPlan(plan), run };
  });
  serveEndpoint(app, rotateSecretKey, async ({ account }) => ({ secrets: await secrets.rotateKey(account.name) }));
}
