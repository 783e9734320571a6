import { addNode, createJoinToken, getNode, listNodes, removeNode, upgradeAgent } from "@berth/shared/api/nodes";
import type * as z from "zod";
import type { FastifyInstance } from "fastify";
import type { Run } from "@berth/shared/api/runs";
import type { Status } from "@berth/shared/api/status";
import { BerthError } from "@berth/shared/errors";
import { serveEndpoint } from "./endpoint.ts";

type BodyOf<E extends { body?: z.ZodType }> = z.output<NonNullable<E["body"]>>;
type ResponseOf<E extends { response: z.ZodType }> = z.output<E["response"]>;

export interface NodesApi {
  status: () => Promise<Status>;
  add: (node: BodyOf<typeof addNode>, account: string) => Promise<Run | null>;
  remove: (
    name: string,
    options: { force: boolean; uninstall: boolean; account: string },
  ) => Promise<ResponseOf<typeof removeNode>>;
  createToken: (
    request: BodyOf<typeof createJoinToken>,
    account: string,
  ) => Promise<ResponseOf<typeof createJoinToken>>;
  upgradeAgent: (name: string) => Promise<ResponseOf<typeof upgradeAgent>>;
}

export function serveNodes(app: FastifyInstance, nodes: NodesApi): void {
  serveEndpoint(app, listNodes, async () => ({ nodes: (await nodes.status()).nodes }));
  serveEndpoint(app, getNode, async ({ params }) => {
    const status = await nodes.status();
    const node = status.nodes.find(({ name }) => name === params.name);
    if (node === undefined)
      throw new BerthError("not-found", `No node is named '${params.name}'`, { hint: "See `berth node list`" });
    return { ...node, instances: status.instances.filter((instance) => instance.node === params.name) };
  });
  serveEndpoint(app, addNode, async ({ body, account }) => ({ run: await nodes.add(body, account.name) }));
  serveEndpoint(app, removeNode, ({ params, query, account }) =>
    nodes.remove(params.name, { ...query, account: account.name }),
  );
  serveEndpoint(app, createJoinToken, ({ body, account }) => nodes.createToken(body, account.name));
  serveEndpoint(app, upgradeAgent, ({ params }) => nodes.upgradeAgent(params.name));
}
