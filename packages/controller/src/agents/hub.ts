/** The hub: every agent's enrolment, connection and conversation. See types.ts for what it offers. */
import { EventEmitter } from "node:events";
import { BerthError } from "@berth/shared/errors";
import { keepAliveSeconds, silenceSeconds } from "@berth/shared/protocol/messages";
import { closeCodes } from "@berth/shared/protocol/close";
import { SampleRing } from "../metrics/sample-ring.ts";
import { ControllerStopping } from "../runs/handlers.ts";
import { Background } from "./background.ts";
import type { Connection, Ended } from "./connection/connection.ts";
import { Gate } from "./connection/gate.ts";
import type { Hello } from "./connection/handshake.ts";
import { createEnrolment } from "./enrolment/enrolment.ts";
import { RateLimit } from "./enrolment/rate-limit.ts";
import { Dispatcher } from "./operations/dispatcher.ts";
import { Observer } from "./operations/observer.ts";
import { createRouter, type Rooms } from "./router.ts";
import { SamplingWishes } from "./sampling.ts";
import { Disks } from "./state/disks.ts";
import { createHistory } from "./state/history.ts";
import { PresenceWriter } from "./state/presence-writer.ts";
import { Observed } from "./state/observed.ts";
import { Presence } from "./state/presence.ts";
import { Streams } from "./streams/streams.ts";
import type { Hub, HubEvents, HubOptions, NodePresence, Timing } from "./types.ts";
import { upgradeAgent } from "./upgrade.ts";
import { waitOnline } from "./wait-online.ts";

const defaultTiming: Timing = {
  keepAliveSeconds,
  silenceSeconds,
  helloSeconds: 10,
  probeSeconds: 3,
  offlineGraceSeconds: 30,
  deadlineGraceSeconds: 5,
  cancelGraceSeconds: 10,
};

const observeMilliseconds = 15_000;
const upgradeMilliseconds = 180_000;
const housekeepingMilliseconds = 60_000;
const goodbyeMilliseconds = 2000;
const day = 86_400_000;
const leavingCode = 1001;

export async function createHub(options: HubOptions): Promise<Hub> {
  const { store, authority, version, logger, clock = Date, drift = () => "mend" } = options;
  const timing = { ...defaultTiming, ...options.timing };
  const events = new EventEmitter<HubEvents>();
  // A listener per open page is usual.
  events.setMaxListeners(0);

  const background = new Background(logger);
  const presence = new Presence({ clock, version, onChange: onPresence });
  const observed = new Observed({
    store,
    clock,
    background,
    onInstance: (placed) => announce("instance", placed),
    onGone: (gone) => announce("instance.gone", gone),
  });
  const dispatcher = new Dispatcher({ store, presence, clock, timing, logger });
  const observer = new Observer();
  const streams = new Streams();
  const presences = new PresenceWriter(store);
  const sampling = new SamplingWishes();
  const ring = new SampleRing({
    clock,
    instanceOf: (node, container) => observed.instanceOf(node, container),
    onNonsense: (node) => logger.warn({ node }, "the agent sends samples of impossible size: they are left out"),
  });
  const disks = new Disks();
  const note = createHistory({ store, clock, logger, background, onEvent: (event) => announce("event", event) });
  const enrolment = createEnrolment({ store, authority, logger, clock });
  const renewals = new RateLimit({ clock, burst: 5, perMinute: 0.2 });
  const rooms: Rooms = {
    store,
    authority,
    clock,
    announce,
    dispatcher,
    observer,
    observed,
    streams,
    presence,
    ring,
    disks,
    renewals,
    note,
  };
  const gate = new Gate({ store, presence, clock, timing, note, drift, logger, onConnected, onEnded });

  presence.load(await store.loadAgents());
  observed.load(await store.loadObservedInstances());
  const housekeeping = setInterval(
    () => background.run(keepHouse(), "the housekeeping failed"),
    housekeepingMilliseconds,
  );
  housekeeping.unref();

  /** A listener that fails is no reason to cut a node off. */
  function announce<K extends keyof HubEvents>(name: K, ...values: HubEvents[K]): void {
    try {
      events.emit<keyof HubEvents>(name, ...values);
    } catch (error) {
      logger.error({ err: error }, `a listener of '${name}' failed`);
    }
  }

  function onPresence(now: NodePresence): void {
    background.run(presences.save([now]), "a node's state was not stored", now.node);
    announce("node", now);
  }

  function onConnected(connection: Connection, hello: Hello): void {
    const { node, address } = connection.identity;
    connection.receive = createRouter(connection, hello, rooms);
    // It tells them at once, if it is one that does.
    disks.forget(node);
    presence.connected(connection, hello);
    note(node, "agent.connected", `The agent ${hello.agentVersion} connected`, { address });
    connection.send({ type: "sampling", ...sampling.of(node) });
    background.run(dispatcher.onConnected(connection, hello), "operations were not sent again", node);
    background.run(supersedeEarlier(connection), "earlier enrolments were not revoked", node);
    // Whoever waits for an observation gets an error of its own; here the next one does.
    observer.observe(connection, observeMilliseconds).catch((error: unknown) => {
      logger.warn({ node, err: error }, "a node did not say its state after it connected");
    });
  }

  /** A node that was enrolled anew leaves its earlier certificates behind. */
  async function supersedeEarlier({ identity: { node, enrolment: current } }: Connection): Promise<void> {
    const reason = "the node was enrolled anew";
    const serials = await store.supersedeEnrolments(node, current, { at: clock.now(), reason });
    if (serials.length > 0) note(node, "agent.revoked", "Earlier certificates were revoked", { reason, serials });
  }

  function onEnded(connection: Connection, { code, reason, violation }: Ended): void {
    const { node, address } = connection.identity;
    if (violation !== undefined) note(node, "agent.invalid", `The agent broke the protocol: ${violation}`, { address });
    streams.onDisconnected(connection);
    observer.onDisconnected(connection);
    if (!presence.disconnected(connection)) return;
    dispatcher.onDisconnected(node);
    note(node, "agent.disconnected", `The agent's connection ended: ${reason || `code ${code}`}`, { code });
  }

  async function keepHouse(): Promise<void> {
    ring.tidy();
    await presences.save(presence.list().filter(({ state }) => state === "online"));
    const now = clock.now();
    await store.prune({ operations: now - 14 * day, events: now - 7 * day, certificates: now - 30 * day });
  }

  /** @throws BerthError node.offline */
  function connectionOf(node: string): Connection {
    const connection = presence.connection(node);
    if (connection !== undefined) return connection;
    throw new BerthError("node.offline", `The agent of node '${node}' is not connected`, {
      hint: "Look whether the node runs, and at 'journalctl -u berth-agent' there.",
    });
  }

  function presenceOf(node: string): NodePresence {
    const known = presence.get(node);
    if (known !== undefined) return known;
    throw new BerthError("not-found", `No node '${node}' is enrolled`);
  }

  return {
    events,
    createJoinToken: (request) => enrolment.createJoinToken(request),
    handleEnrol: async (request) => {
      const response = await enrolment.enrol(request);
      presence.enrolled(response.node);
      note(response.node, "agent.enrolled", "The node enrolled", { address: request.remoteAddress });
      return response;
    },
    handleUpgrade: (request, socket, head) => gate.handleUpgrade(request, socket, head),
    dispatch: (request) => dispatcher.dispatch(request),
    observe: async (node, { timeoutMilliseconds }) => observer.observe(connectionOf(node), timeoutMilliseconds),
    openLogs: (node, request) => streams.openLogs(connectionOf(node), request, presence.get(node)?.protocol),
    openExec: (node, request) => streams.openExec(connectionOf(node), request, presence.get(node)?.protocol),
    waitOnline: (node, { timeoutMilliseconds, signal }) =>
      waitOnline({ node, presence, events, timeoutMilliseconds, signal }),
    connections: () => presence.list(),
    connection: (node) => presence.get(node),
    observedInstances: (node) => observed.list(node),
    recentSamples: (query) => ring.recent(query),
    disks: (node) => disks.list(node),
    samplesSince: (node) => ring.since(node),
    disconnect: (node, reason) => presence.connection(node)?.close(closeCodes.failed, reason),
    revoke: async (node, reason) => {
      const serials = await store.revokeCertificates(node, { at: clock.now(), reason });
      presence.connection(node)?.close(closeCodes.forbidden, `Revoked: ${reason}`);
      dispatcher.failNode(node, `Node '${node}' was revoked: ${reason}`);
      observed.forget(node);
      ring.forget(node);
      disks.forget(node);
      sampling.forget(node);
      presence.forget(node);
      note(node, "agent.revoked", `The node's certificates were revoked: ${reason}`, { serials });
    },
    upgradeAgent: async (node, bundle, { timeoutMilliseconds = upgradeMilliseconds } = {}) => {
      const context = { connection: connectionOf(node), before: presenceOf(node), events, timeoutMilliseconds };
      const upgraded = await upgradeAgent(context, bundle);
      const { from, to, changed } = upgraded;
      if (changed) note(node, "agent.upgraded", `The agent was replaced: ${from} -> ${to}`);
      return upgraded;
    },
    setSampling: (node, wish) => {
      sampling.set(node, wish);
      for (const connection of presence.connections()) {
        const name = connection.identity.node;
        if (node === null || name === node) connection.send({ type: "sampling", ...sampling.of(name) });
      }
    },
    close: async () => {
      clearInterval(housekeeping);
      gate.close();
      dispatcher.stop(new ControllerStopping());
      const connections = presence.connections();
      for (const connection of connections) connection.close(leavingCode, "The controller is stopping");
      await gate.drained(goodbyeMilliseconds);
      await background.idle();
    },
  };
}
