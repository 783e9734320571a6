/** Answers as the Proxmox VE API does, in memory, over HTTPS on loopback; can lose answers, refuse and be slow. */
import formBody from "node:querystring";
import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { selfSignedCertificate } from "./certificate.ts";

export interface FakeGuest {
  config: Record<string, string>;
  status: "running" | "stopped";
}

export interface FakeRequest {
  method: string;
  path: string;
  parameters: Record<string, string>;
  root: boolean;
}

interface FakeTask {
  /** How often it still says that it is running. */
  polls: number;
  ended: boolean;
  done: () => void;
  exitStatus: string;
  log: string[];
}

export const tokenSecret = "0a1b2c3d-0000-4000-8000-000000000001";
export const rootPassword = "correct horse";
const tokenId = "berth@pve!controller";
const ticket = "PVE:root@pam:ticket";

export type FakeProxmox = Awaited<ReturnType<typeof startFakeProxmox>>;

/** `guests`, `requests` and the switches of `behaviour` may be looked at and changed at any time. */
export async function startFakeProxmox() {
  const { certificate, key } = await selfSignedCertificate();
  const guests = new Map<number, FakeGuest>();
  const requests: FakeRequest[] = [];
  const tasks = new Map<string, FakeTask>();
  const behaviour = {
    /** Requests (`POST /nodes/pve/lxc`) that are carried out but whose answer is lost; each entry counts once. */
    loseAnswers: [] as string[],
    /** VMIDs that virtual machines take in the moment between `nextid` and the creation. */
    takenMeanwhile: [] as number[],
    /** How often a task says that it is running before it has ended. */
    taskPolls: 1,
    taskExitStatus: "OK",
    refuse: null as { status: number; reason: string } | null,
    /** Called with each request before it is carried out, counted from 1. */
    onRequest: (_count: number): void => undefined,
  };
  const virtualMachines = new Set<number>();
  /** Guests of the cluster's other nodes. */
  const elsewhere: { vmid: number; node: string; type: string; tags: string; maxmem?: number; template?: number }[] =
    [];
  const host = {
    ...{ memoryBytes: 64 * 1024 ** 3, cpus: 16 },
    ...{ storageBytes: 500 * 1024 ** 3, storageFreeBytes: 200 * 1024 ** 3 },
  };
  let counter = 0;

  const begin = (type: string, vmid: number, log: string[], done: () => void): string => {
    counter += 1;
    const upid = `UPID:pve:0000C530:001C9BEC:4F7F1A2B:${type}:${vmid}:${tokenId}:${counter}`;
    tasks.set(upid, { polls: behaviour.taskPolls, ended: false, done, exitStatus: behaviour.taskExitStatus, log });
    return upid;
  };
  const isTaken = (vmid: number): boolean => guests.has(vmid) || virtualMachines.has(vmid);
  const nextId = (): number => {
    let id = 100;
    while (isTaken(id)) id += 1;
    return id;
  };

  const app = fastify({ https: { key, cert: certificate }, forceCloseConnections: true });
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
    done(null, formBody.parse(String(body))),
  );
  const answer = (reply: FastifyReply, data: unknown): FastifyReply =>
    reply.header("content-type", "application/json;charset=UTF-8").send(JSON.stringify({ data }));
  /** Fastify sets no status line of its own; Proxmox VE puts its words there. */
  const refuse = (reply: FastifyReply, status: number, reason: string, errors?: Record<string, string>): void => {
    reply.hijack();
    reply.raw.writeHead(status, reason, { "content-type": "application/json;charset=UTF-8" });
    reply.raw.end(JSON.stringify({ data: null, ...(errors === undefined ? {} : { errors }) }));
  };
  const finish = (request: FastifyRequest, reply: FastifyReply, data: unknown): void => {
    const name = `${request.method} ${pathOf(request)}`;
    const index = behaviour.loseAnswers.indexOf(name);
    if (index === -1) return void answer(reply, data);
    behaviour.loseAnswers.splice(index, 1);
    reply.hijack();
    request.raw.socket.destroy();
  };
  const guestOf = (request: FastifyRequest<{ Params: { vmid: string } }>): FakeGuest => {
    const guest = guests.get(Number(request.params.vmid));
    if (guest === undefined) throw new Error(`no CT ${request.params.vmid}`);
    return guest;
  };

  app.addHook("preHandler", async (request, reply) => {
    const root = request.headers.cookie === `PVEAuthCookie=${ticket}`;
    const parameters = { ...(request.query as Record<string, string>), ...(request.body as Record<string, string>) };
    requests.push({ method: request.method, path: pathOf(request), parameters, root });
    behaviour.onRequest(requests.length);
    if (pathOf(request) === "/access/ticket") return;
    const byToken = request.headers.authorization === `PVEAPIToken=${tokenId}=${tokenSecret}`;
    if (!byToken && !root) refuse(reply, 401, "authentication failure");
    else if (behaviour.refuse !== null) refuse(reply, behaviour.refuse.status, behaviour.refuse.reason);
  });
  app.post<{ Body: { password: string } }>("/api2/json/access/ticket", (request, reply) => {
    if (request.body.password !== rootPassword) return refuse(reply, 401, "authentication failure");
    answer(reply, { ticket, CSRFPreventionToken: "4F7F1A2B:abc" });
  });
  app.get<{ Querystring: { vmid?: string } }>("/api2/json/cluster/nextid", (request, reply) => {
    const asked = request.query.vmid;
    if (asked !== undefined && isTaken(Number(asked))) {
      return refuse(reply, 400, "Parameter verification failed.", { vmid: `VM ${asked} already exists` });
    }
    answer(reply, asked ?? String(nextId()));
    const taken = behaviour.takenMeanwhile.shift();
    if (taken !== undefined) virtualMachines.add(taken);
  });
  app.get("/api2/json/cluster/resources", (_request, reply) => answer(reply, elsewhere));
  app.get("/api2/json/nodes/pve/status", (_request, reply) =>
    answer(reply, {
      cpuinfo: { cpus: host.cpus },
      memory: { total: host.memoryBytes, free: 0, used: host.memoryBytes },
    }),
  );
  app.get<{ Params: { storage: string } }>("/api2/json/nodes/pve/storage/:storage/status", (request, reply) => {
    if (request.params.storage !== "local-lvm") {
      return refuse(reply, 500, `storage '${request.params.storage}' does not exist`);
    }
    answer(reply, { type: "lvmthin", total: host.storageBytes, avail: host.storageFreeBytes, active: 1 });
  });
  app.get("/api2/json/nodes/pve/lxc", (_request, reply) => {
    const list = [...guests].map(([vmid, { config, status }]) => ({
      vmid,
      status,
      name: config["hostname"] ?? `CT${vmid}`,
      ...(config["tags"] === undefined ? {} : { tags: config["tags"] }),
      ...(config["lock"] === undefined ? {} : { lock: config["lock"] }),
    }));
    answer(reply, list);
  });
  app.post<{ Body: Record<string, string> }>("/api2/json/nodes/pve/lxc", (request, reply) => {
    const { vmid: text, ostemplate: _template, rootfs = "", ...config } = request.body;
    const vmid = Number(text);
    if (isTaken(vmid)) return refuse(reply, 500, `VM ${vmid} already exists on node 'pve'`);
    const onlyNesting = (config["features"] ?? "nesting=1") === "nesting=1";
    if (!onlyNesting && request.headers.cookie === undefined) {
      return refuse(reply, 403, "changing feature flags (except nesting) is only allowed for root@pam");
    }
    guests.set(vmid, { config: { lock: "create" }, status: "stopped" });
    const upid = begin("vzcreate", vmid, ["extracting archive", "TASK OK"], () => {
      const [storage, gibibytes] = rootfs.split(":");
      const volume = `${storage}:vm-${vmid}-disk-0,size=${gibibytes}G`;
      guests.set(vmid, { config: { ...config, rootfs: volume }, status: "stopped" });
    });
    finish(request, reply, upid);
  });
  app.get<{ Params: { vmid: string } }>("/api2/json/nodes/pve/lxc/:vmid/config", (request, reply) =>
    answer(reply, guestOf(request).config),
  );
  app.put<{ Params: { vmid: string }; Body: Record<string, string> }>(
    "/api2/json/nodes/pve/lxc/:vmid/config",
    (request, reply) => {
      Object.assign(guestOf(request).config, request.body);
      finish(request, reply, null);
    },
  );
  app.put<{ Params: { vmid: string }; Body: { size: string } }>(
    "/api2/json/nodes/pve/lxc/:vmid/resize",
    (request, reply) => {
      const guest = guestOf(request);
      const volume = (guest.config["rootfs"] ?? "").split(",")[0];
      guest.config["rootfs"] = `${volume},size=${request.body.size}`;
      finish(
        request,
        reply,
        begin("resize", Number(request.params.vmid), [], () => undefined),
      );
    },
  );
  app.post<{ Params: { vmid: string; verb: string } }>(
    "/api2/json/nodes/pve/lxc/:vmid/status/:verb",
    (request, reply) => {
      const guest = guestOf(request);
      const upid = begin(`vz${request.params.verb}`, Number(request.params.vmid), [], () => {
        guest.status = request.params.verb === "stop" ? "stopped" : "running";
      });
      finish(request, reply, upid);
    },
  );
  app.delete<{ Params: { vmid: string } }>("/api2/json/nodes/pve/lxc/:vmid", (request, reply) => {
    const vmid = Number(request.params.vmid);
    finish(
      request,
      reply,
      begin("vzdestroy", vmid, [], () => void guests.delete(vmid)),
    );
  });
  app.get<{ Params: { upid: string } }>("/api2/json/nodes/pve/tasks/:upid/status", (request, reply) => {
    const task = tasks.get(request.params.upid);
    if (task === undefined) return refuse(reply, 500, "no such task");
    if (task.polls > 0) {
      task.polls -= 1;
      return answer(reply, { status: "running" });
    }
    endTask(task);
    answer(reply, { status: "stopped", exitstatus: task.exitStatus });
  });
  app.get<{ Params: { upid: string }; Querystring: { start: string } }>(
    "/api2/json/nodes/pve/tasks/:upid/log",
    (request, reply) => {
      const lines = tasks.get(request.params.upid)?.log ?? [];
      const numbered = lines.map((t, index) => ({ n: index + 1, t })).slice(Number(request.query.start));
      answer(reply, numbered.length === 0 ? [{ n: 1, t: "no content" }] : numbered);
    },
  );

  await app.listen({ host: "127.0.0.1", port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("the fake Proxmox VE has no port");
  return {
    port: address.port,
    certificate,
    guests,
    requests,
    behaviour,
    virtualMachines,
    elsewhere,
    host,
    /** Ends every task that is under way, as time would. */
    endTasks: () => {
      for (const task of tasks.values()) {
        task.polls = 0;
        endTask(task);
      }
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

function pathOf(request: FastifyRequest): string {
  return decodeURIComponent(new URL(request.url, "https://pve").pathname).replace("/api2/json", "");
}

function endTask(task: FakeTask): void {
  if (task.ended) return;
  task.ended = true;
  if (task.exitStatus === "OK") task.done();
}
