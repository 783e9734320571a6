/** The calls to the Proxmox VE API that Berth makes: typed, each bounded in time, failures explained. */
import type { ProxmoxConnection } from "@berth/shared/fleet/schema";
import * as z from "zod";
import { explainFailure, ProxmoxRefusal } from "./answer.ts";
import type { createParameters } from "./specification.ts";
import {
  clusterGuestSchema,
  lxcConfigSchema,
  lxcEntrySchema,
  nodeStatusSchema,
  storageStatusSchema,
  taskLogSchema,
  taskStatusSchema,
  upidSchema,
  vmidSchema,
} from "./schemas.ts";
import { type Identity, openTransport } from "./transport.ts";

const defaultRequestMilliseconds = 30_000;
const logPage = 500;

export interface SessionOptions {
  /** Who asks; the API token when left out. */
  identity?: Identity;
  /** For each request, from connecting to the last byte of the answer. */
  requestMilliseconds?: number;
  signal?: AbortSignal;
}

export type ProxmoxSession = Awaited<ReturnType<typeof openSession>>;

/** Failures are BerthErrors. Calls that begin a task give its UPID. */
export async function openSession(connection: ProxmoxConnection, options: SessionOptions = {}) {
  const { nodes, cluster } = await openTransport(connection, {
    identity: options.identity ?? "token",
    requestMilliseconds: options.requestMilliseconds ?? defaultRequestMilliseconds,
    signal: options.signal,
  });
  const node = nodes.$(connection.node);

  async function ask<Schema extends z.ZodType>(
    action: string,
    schema: Schema,
    request: () => Promise<unknown>,
  ): Promise<z.output<Schema>> {
    try {
      return schema.parse(await request());
    } catch (error) {
      options.signal?.throwIfAborted();
      throw explainFailure(error, action, connection);
    }
  }

  return {
    list: () => ask("list its LXCs", z.array(lxcEntrySchema), () => node.lxc.$get()),
    /** Guests of every node of the cluster; seconds old. */
    listCluster: () =>
      ask("list the guests of its cluster", z.array(clusterGuestSchema), () => cluster.resources.$get({ type: "vm" })),
    nodeStatus: () => ask("show the state of its node", nodeStatusSchema, () => node.status.$get()),
    storageStatus: (storage: string) =>
      ask(`show the state of its storage '${storage}'`, storageStatusSchema, () =>
        node.storage.$(storage).status.$get(),
      ),
    /** The configuration that counts now, without what waits for the next start. */
    config: (vmid: number) =>
      ask(`show CT ${vmid}`, lxcConfigSchema, () => node.lxc.$(vmid).config.$get({ current: true })),
    nextId: () => ask("name a free VMID", vmidSchema, () => cluster.nextid.$get()),
    /** Whether no guest of the cluster, LXC or virtual machine, has this VMID. */
    isFree: (vmid: number) =>
      ask(`say whether VMID ${vmid} is free`, z.boolean(), () =>
        cluster.nextid.$get({ vmid }).then(
          () => true,
          (error: unknown) => {
            if (error instanceof ProxmoxRefusal && error.status === 400) return false;
            throw error;
          },
        ),
      ),
    create: (parameters: ReturnType<typeof createParameters>) =>
      ask(`create CT ${parameters.vmid}`, upidSchema, () => node.lxc.$post(parameters)),
    configure: (vmid: number, parameters: Record<string, string | number>) =>
      ask(`change CT ${vmid}`, z.unknown(), () => node.lxc.$(vmid).config.$put(parameters)),
    /** Null where an older Proxmox VE is done when it answers. */
    resize: (vmid: number, size: string) =>
      ask(`grow the disk of CT ${vmid}`, upidSchema.nullable(), () =>
        node.lxc.$(vmid).resize.$put({ disk: "rootfs", size }),
      ),
    start: (vmid: number) => ask(`start CT ${vmid}`, upidSchema, () => node.lxc.$(vmid).status.start.$post()),
    reboot: (vmid: number) => ask(`restart CT ${vmid}`, upidSchema, () => node.lxc.$(vmid).status.reboot.$post()),
    stop: (vmid: number) => ask(`stop CT ${vmid}`, upidSchema, () => node.lxc.$(vmid).status.stop.$post()),
    destroy: (vmid: number) => ask(`destroy CT ${vmid}`, upidSchema, () => node.lxc.$(vmid).$delete({ purge: true })),
    taskStatus: (upid: string) =>
      ask("show the state of its task", taskStatusSchema, () => node.tasks.$(upid).status.$get()),
    taskLog: (upid: string, start: number) =>
      ask("show the log of its task", taskLogSchema, () => node.tasks.$(upid).log.$get({ start, limit: logPage })),
  };
}
