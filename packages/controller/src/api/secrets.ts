import {
  getSecret,
  listSecrets,
  revealSecret,
  rotateSecretKey,
  rotateSecrets,
  setSecret,
} from "@berth/shared/api/secrets";
import { Secret } from "@berth/shared/secret";
import type { FastifyInstance } from "fastify";
import type { SecretControl } from "../rotation/secret-control.ts";
import { serveEndpoint } from "./endpoint.ts";
import { toPlan } from "./fleet.ts";

export type SecretsApi = SecretControl;

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
