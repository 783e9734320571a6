/** An API for the page to speak to, for development and tests. Answers as the contracts in packages/shared say. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { login, logout, whoAmI, type Account } from "@berth/shared/api/accounts";
import { logContainersSchema, logEventSchema } from "@berth/shared/api/instances";
import { heartbeatMilliseconds, liveEvents, livePath, type LiveEvents } from "@berth/shared/api/live";
import { getHistory, getSamples } from "@berth/shared/api/metrics";
import { cancelRun, getRun, listRuns, resumeRun, type LogLine, type RunSummary } from "@berth/shared/api/runs";
import type { StepPhase } from "@berth/shared/operations/phases";
import { getStatus, getVersion, type InstanceStatus, type NodeStatus } from "@berth/shared/api/status";
import { BerthError, toBerthError } from "@berth/shared/errors";
import { answerChange } from "./changes.ts";
import { makeInstances, makeNodes } from "./fleet.ts";
import { historyOf, historyStatus } from "./history.ts";
import { openEvents, readJson, sendError, sendJson, sendPage, type EventSink } from "./http.ts";
import { pastRuns } from "./past-runs.ts";
import { refuse } from "./refusals.ts";
import { makeScriptedRun, type ScriptedRun } from "./run.ts";
import { samplesOf } from "./samples.ts";
import { createTerminalUpgrade, type StandInTerminal } from "./terminal.ts";
import { answerUpkeep, makeUpkeep, type Upkeep } from "./upkeep.ts";

export const password = "correct horse battery";
const sessionCookie = "berth_session=stand-in";

export interface StandInOptions {
  port?: number;
  /** Folder of the built page; without it only the API is served. */
  page?: string;
  /** Answer to everybody without a login, as on the Unix socket. */
  trusted?: boolean;
}

export class StandIn {
  readonly nodes: NodeStatus[] = makeNodes(Date.now());
  readonly instances: InstanceStatus[] = makeInstances(Date.now());
  scripted: ScriptedRun = makeScriptedRun(12, Date.now() - 42_000);
  upkeep: Upkeep = makeUpkeep(Date.now(), this.nodes, this.instances);
  readonly pastRuns: RunSummary[] = pastRuns(Date.now());
  account: Account = { name: "admin", role: "admin", tenant: null };
  version = "0.1.0";
  /** While set, no request of the API is answered: the connection is dropped. */
  down = false;
  /** While set, streams stay open and nothing is sent on them. */
  mute = false;
  /** Nodes that send no samples any more, and do not count as offline yet. */
  readonly cutOff = new Set<string>();
  /** Paths of the API that were asked for. */
  readonly asked: string[] = [];
  /** Those that were opened, oldest first. */
  readonly terminals: StandInTerminal[] = [];
  /** While set, a WebSocket is answered with this status. */
  refuseUpgrade: number | undefined;
  /** Bodies of the changes that were asked for and not refused. */
  readonly changesAsked: unknown[] = [];

  readonly #options: StandInOptions;
  readonly #server: Server;
  readonly #live = new Map<EventSink, number | undefined>();
  readonly #logs = new Set<EventSink>();
  readonly #resting = new Map<string, InstanceStatus>();
  readonly #timers: NodeJS.Timeout[];
  #sampledUntil = Date.now();

  constructor(options: StandInOptions = {}) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((thrown: unknown) => sendError(response, toBerthError(thrown)));
    });
    const openTerminal = createTerminalUpgrade((terminal) => this.terminals.push(terminal));
    this.#server.on("upgrade", (request, socket, head) => {
      if (this.refuseUpgrade === undefined) openTerminal(request, socket, head);
      else socket.end(`HTTP/1.1 ${this.refuseUpgrade} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    });
    this.#timers = [setInterval(() => this.#sample(), 1000), setInterval(() => this.#beat(), heartbeatMilliseconds)];
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(this.#options.port ?? 0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("The stand-in has no port");
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Drops every stream, as a controller does that is restarted. */
  cut(): void {
    for (const sink of [...this.#live.keys(), ...this.#logs]) sink.close();
  }

  /** Sends an event of the live stream to every page. */
  tell<K extends keyof LiveEvents>(event: K, data: LiveEvents[K]): void {
    if (this.mute) return;
    // As a controller does, which leaves out what goes to nobody but who asks for the run.
    const told = event === "run" || event === "run.change" ? liveEvents[event].parse(data) : data;
    for (const sink of this.#live.keys()) sink.send(event, told);
  }

  changeNode(name: string, changes: Partial<NodeStatus>): void {
    const node = this.nodes.find((one) => one.name === name);
    if (node) this.tell("node", Object.assign(node, changes));
  }

  /** A node goes, with the instances on it and the tenant that had it. */
  removeNode(name: string): void {
    const without = <Item>(items: Item[], isGone: (item: Item) => boolean) =>
      items.splice(0, items.length, ...items.filter((item) => !isGone(item)));
    without(this.nodes, (node) => node.name === name);
    without(this.instances, (instance) => instance.node === name);
    without(this.upkeep.tenants, (tenant) => tenant.node === name);
    this.tell("node.gone", { name });
  }

  changeInstance(name: string, changes: Partial<InstanceStatus>): void {
    const instance = this.instances.find((one) => one.name === name);
    if (instance) this.tell("instance", Object.assign(instance, changes));
  }

  /** The run goes one move further, and every page is told. */
  advanceRun(): void {
    const before = new Set(this.scripted.run.steps.map((step) => JSON.stringify(step)));
    const line = this.scripted.advance(Date.now());
    if (line) this.#tellLog(line);
    const { run } = this.scripted;
    this.tell("run.change", { ...run, steps: run.steps.filter((step) => !before.has(JSON.stringify(step))) });
  }

  /** What the time of a step went into, to every page that shows its run. */
  tellPhases(step: string, phases: StepPhase[]): void {
    this.scripted.tellPhases(step, phases);
    const { run } = this.scripted;
    this.tell("run.change", { ...run, steps: run.steps.filter(({ id }) => id === step) });
    for (const [sink, shown] of this.#live)
      if (shown === run.id) sink.send("run.phases", { run: run.id, step, phases });
  }

  /** One line in the log of an instance that a page follows. */
  writeLog(text: string, channel: "stdout" | "stderr" = "stdout"): void {
    for (const sink of this.#logs) sink.send("line", logEventSchema.parse({ channel, text }));
  }

  /** As when no container runs any more. */
  endLogs(): void {
    for (const sink of this.#logs) sink.send("end", {});
  }

  #tellLog(line: LogLine): void {
    if (this.mute) return;
    for (const [sink, run] of this.#live) if (run === this.scripted.run.id) sink.send("log", { ...line, run });
  }

  #beat(): void {
    if (!this.mute) for (const sink of [...this.#live.keys(), ...this.#logs]) sink.beat();
  }

  #sample(): void {
    const now = Date.now();
    for (const node of this.nodes.filter(({ name, state }) => state === "online" && !this.cutOff.has(name))) {
      this.tell("samples", samplesOf(node, this.instances, this.#sampledUntil + 1, now));
    }
    this.#sampledUntil = now;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://stand-in");
    if (!url.pathname.startsWith("/api/")) {
      await sendPage(response, this.#options.page ?? "", url.pathname);
      return;
    }
    this.asked.push(`${request.method} ${url.pathname}${url.search}`);
    if (this.down) {
      response.destroy();
      return;
    }
    if (url.pathname === login.path) {
      await this.#login(request, response);
      return;
    }
    if (url.pathname === getVersion.path) {
      sendJson(response, 200, getVersion.response.parse({ version: this.version }));
      return;
    }
    if (!this.#options.trusted && !request.headers.cookie?.includes(sessionCookie)) {
      throw new BerthError("unauthenticated", "Log in first.");
    }
    refuse(url.pathname, this.account);
    if (url.pathname === livePath) this.#openLive(response, url);
    else if (url.pathname.endsWith("/logs") && url.pathname.startsWith("/api/instances/")) this.#openLog(response, url);
    else {
      const given = request.headers["content-type"] === "application/json" ? await readJson(request) : undefined;
      const change =
        request.method === "POST" ? answerChange(url.pathname, given, this.upkeep, this.scripted.run) : undefined;
      if (change === undefined) this.#answerJson(response, url, request.method ?? "GET");
      else {
        this.changesAsked.push(given);
        this.#followSuspension();
        sendJson(response, 200, change);
      }
    }
  }

  async #login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = login.body?.parse(await readJson(request));
    if (body?.password !== password) {
      throw new BerthError("unauthenticated", "Account or password is wrong.");
    }
    const answer = {
      account: this.account,
      token: "unused",
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const cookie = `${sessionCookie}; Path=/; HttpOnly; SameSite=Strict`;
    sendJson(response, 200, login.response.parse(answer), { "set-cookie": cookie });
  }

  #openLive(response: ServerResponse, url: URL): void {
    const run = url.searchParams.get("run") === null ? undefined : Number(url.searchParams.get("run"));
    const sink = openEvents(response);
    this.#live.set(sink, run);
    response.on("close", () => this.#live.delete(sink));
    if (this.mute) return;
    sink.send("status", getStatus.response.parse(this.#status()));
    if (run !== this.scripted.run.id) return;
    sink.send("run", liveEvents.run.parse(this.scripted.run));
    for (const line of this.scripted.log) sink.send("log", { ...line, run });
  }

  #openLog(response: ServerResponse, url: URL): void {
    const sink = openEvents(response);
    const instance = this.instances.find(({ name }) => url.pathname.includes(`/${name}/`));
    const chosen = url.searchParams.get("container");
    const names = chosen === null ? (instance?.containers.map(({ name }) => name) ?? []) : [chosen];
    sink.send("containers", logContainersSchema.parse({ names }));
    this.#logs.add(sink);
    response.on("close", () => this.#logs.delete(sink));
    for (let index = 0; index < 40; index += 1) {
      const text = `\u001b[2m${index}\u001b[22m GET /rest/workflows 200 ${3 + (index % 17)} ms`;
      sink.send("line", logEventSchema.parse({ channel: "stdout", container: names[index % names.length], text }));
    }
    const text = "Warning: the encryption key was generated, keep it";
    sink.send("line", logEventSchema.parse({ channel: "stderr", container: names[0], text }));
  }

  /** What is stopped leaves the stream, and comes back when it is started. */
  #followSuspension(): void {
    const suspended = new Set(this.upkeep.suspended.map(({ name }) => name));
    for (const instance of this.instances.filter(({ name }) => suspended.has(name))) {
      this.#resting.set(instance.name, instance);
      this.instances.splice(this.instances.indexOf(instance), 1);
      this.tell("instance.gone", { name: instance.name });
    }
    for (const [name, instance] of this.#resting) {
      if (suspended.has(name)) continue;
      this.#resting.delete(name);
      this.instances.push(instance);
      this.tell("instance", instance);
    }
  }

  #status() {
    return { fleet: "valuechain", nodes: this.nodes, instances: this.instances };
  }

  #answerJson(response: ServerResponse, url: URL, method: string): void {
    const call = `${method} ${url.pathname}`;
    const send = (body: unknown) => sendJson(response, 200, body);
    if (call === `GET ${whoAmI.path}`) return send(whoAmI.response.parse(this.account));
    if (call === `POST ${logout.path}`) {
      const cookie = "berth_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0";
      return sendJson(response, 200, logout.response.parse({ ended: true }), { "set-cookie": cookie });
    }
    if (call === `GET ${getStatus.path}`) {
      const { suspended, owners: backups, controllerBackup, check: upgrades } = this.upkeep;
      const history = historyStatus(Date.now());
      return send(
        getStatus.response.parse({ ...this.#status(), suspended, backups, controllerBackup, upgrades, history }),
      );
    }
    if (call === `GET ${getSamples.path}`) return send(getSamples.response.parse(this.#past(url)));
    if (method === "GET" && url.pathname.startsWith("/api/history/")) {
      return send(getHistory.response.parse(historyOf(url, this.nodes, this.instances, this.upkeep)));
    }
    if (call === `GET ${listRuns.path}`) {
      const { steps: _steps, ...summary } = this.scripted.run;
      return send(listRuns.response.parse({ runs: [summary, ...this.pastRuns] }));
    }
    const answer = answerUpkeep(call, url, this.upkeep);
    if (answer !== undefined) return send(answer);
    const [, id, action] = /^\/api\/runs\/(\d+)(?:\/(\w+))?$/.exec(url.pathname) ?? [];
    if (Number(id) !== this.scripted.run.id) {
      throw new BerthError("not-found", `There is nothing at ${url.pathname}.`, {
        hint: "`berth run list` shows runs.",
      });
    }
    if (method === "GET" && action === undefined) return send(getRun.response.parse(this.scripted.run));
    if (action === "cancel") this.scripted.cancel(Date.now());
    if (action === "resume") this.scripted.resume();
    this.tell("run", this.scripted.run);
    return send((action === "cancel" ? cancelRun : resumeRun).response.parse(this.scripted.run));
  }

  #past(url: URL) {
    const { seconds, node } = getSamples.query?.parse(Object.fromEntries(url.searchParams)) ?? { seconds: 300 };
    const to = Date.now();
    const nodes = this.nodes.filter((one) => node === undefined || one.name === node);
    const last = ({ state, lastSeen }: NodeStatus) =>
      state === "online" || lastSeen === null ? to : Date.parse(lastSeen);
    return { nodes: nodes.map((one) => samplesOf(one, this.instances, to - seconds * 1000, last(one))) };
  }
}
