/** Puts the rooms together: one process per node. */
import { randomUUID } from "node:crypto";
import { type BerthError, toBerthError } from "@berth/shared/errors";
import type { AgentMessage, ControllerMessage, ControllerMessageOf } from "@berth/shared/protocol/messages";
import { type AgentConfig, firewallFile, journalFile, pipesDirectory } from "./config.ts";
import { Connection, type ConnectionListener } from "./connection/connection.ts";
import { hello } from "./connection/hello.ts";
import { EventSender } from "./connection/event-sender.ts";
import { SampleSender } from "./connection/sample-sender.ts";
import { openSocket } from "./connection/socket.ts";
import { Streams } from "./connection/streams.ts";
import { type DiskReporter, diskReporter } from "./disks/disk-reporter.ts";
import { DockerodeEngine } from "./docker/dockerode-engine.ts";
import { DockerodeTools } from "./docker/dockerode-tools.ts";
import type { DockerEvent, Engine } from "./docker/engine.ts";
import { KnownVersion } from "./docker/known-version.ts";
import { type DockerListener, watchDocker } from "./docker/watch.ts";
import { DockerodeDrills } from "./docker/drill-engine.ts";
import { DockerodeStandbys } from "./docker/standby-engine.ts";
import { backupDrill } from "./drill/handler.ts";
import { DrillRoom } from "./drill/room.ts";
import type { Identity } from "./enrol/identity.ts";
import { Renewal } from "./enrol/renewal.ts";
import { Firewall } from "./firewall/firewall.ts";
import { FirewallKeeper } from "./firewall/keeper.ts";
import { Nft } from "./firewall/nft.ts";
import type { HostFacts } from "./facts.ts";
import { operationHandlers } from "./handlers.ts";
import { journalError } from "./journal/database.ts";
import { Journal } from "./journal/journal.ts";
import type { Log } from "./log.ts";
import { NodeMeter } from "./metrics/node-meter.ts";
import { Sampler } from "./metrics/sampler.ts";
import { isProxied } from "./operations/ports.ts";
import { ResourceLocks } from "./operations/locks.ts";
import { OperationRunner } from "./operations/runner.ts";
import { EventPublisher } from "./reconcile/event-publisher.ts";
import { HealthWatch } from "./reconcile/health-watch.ts";
import { observeNode } from "./reconcile/node-observation.ts";
import { Observer } from "./reconcile/observer.ts";
import { Reconciler } from "./reconcile/reconciler.ts";
import { Redirects } from "./standby/redirect.ts";
import { Standbys } from "./standby/standbys.ts";

export interface AgentDependencies {
  config: AgentConfig;
  identity: Identity;
  hostFacts: HostFacts;
  log: Log;
  /** The controller has welcomed this process. */
  onWelcome: () => void;
  /** The controller asks for another version of the agent. */
  onUpgrade: (message: ControllerMessageOf<"upgrade">, identity: Identity) => void;
}

export class Agent implements ConnectionListener, DockerListener {
  readonly #dependencies: AgentDependencies;
  readonly #bootId = randomUUID();
  readonly #stopping = new AbortController();
  readonly #journal: Journal;
  readonly #engine: Engine;
  readonly #dockerVersion: KnownVersion;
  readonly #node = new NodeMeter();
  readonly #health: HealthWatch;
  readonly #observer: Observer;
  readonly #reconciler: Reconciler;
  readonly #firewall: FirewallKeeper;
  readonly #sampler: Sampler;
  readonly #runner: OperationRunner;
  readonly #connection: Connection;
  readonly #events: EventSender;
  readonly #samples: SampleSender;
  readonly #streams: Streams;
  readonly #renewal: Renewal;
  readonly #drillRoom: DrillRoom;
  readonly #standbys: Standbys;
  readonly #disks: DiskReporter;
  readonly #locks = new ResourceLocks();
  #identity: Identity;

  constructor(dependencies: AgentDependencies) {
    const { config, identity, log } = dependencies;
    this.#dependencies = dependencies;
    this.#identity = identity;
    this.#journal = new Journal(journalFile(config));
    const journal = this.#journal;
    const engine = new DockerodeEngine(config.dockerSocket);
    const nft = new Nft();
    const firewall = new Firewall({ nft, desired: journal.firewall, file: firewallFile(config) });
    this.#engine = engine;
    this.#dockerVersion = new KnownVersion(engine, log);
    // One for all: each would take what the others have under way for left over.
    const tools = new DockerodeTools(config.dockerSocket, pipesDirectory(config));
    const drills = new DockerodeDrills(config.dockerSocket);
    this.#drillRoom = new DrillRoom({ engine, drills, tools, log });
    this.#standbys = new Standbys({
      engine,
      standbys: new DockerodeStandbys(config.dockerSocket),
      redirects: new Redirects(nft),
      isProxied,
      availableMemory: () => this.#node.availableMemoryBytes(),
      log,
    });
    const send = (message: AgentMessage): boolean => this.#connection.send(message);
    this.#connection = new Connection({
      open: () => openSocket(this.#identity),
      hello: () => this.#hello(),
      listener: this,
      log,
    });
    this.#events = new EventSender(this.#connection, journal.outbox);
    this.#samples = new SampleSender(this.#connection, journal.samples, log);
    this.#streams = new Streams({ engine, log, send: async (message) => this.#connection.sendAndDrain(message) });
    const events = new EventPublisher({
      outbox: journal.outbox,
      log,
      observeInstance: async (name) => this.#observer.observeInstance(name),
      onEvent: (event) => {
        this.#events.send(event);
      },
    });
    this.#reconciler = new Reconciler({ engine, journal, locks: this.#locks, log, events, health: () => this.#health });
    this.#firewall = new FirewallKeeper({
      firewall,
      nft,
      journal,
      locks: this.#locks,
      log,
      onDrift: events.firewall.bind(events),
    });
    this.#health = new HealthWatch(engine, this.#reconciler, log);
    this.#observer = new Observer(engine, journal, this.#health, {
      isWorkedOn: (name) => this.#reconciler.isWorkedOn(name),
      isAnsweredFor: (name) => this.#standbys.answersFor(name),
    });
    this.#sampler = new Sampler({
      engine,
      node: this.#node,
      log,
      onBatch: (batch) => {
        this.#samples.send(batch);
      },
    });
    this.#disks = diskReporter({ volumes: tools, send, log });
    this.#runner = new OperationRunner({
      journal,
      locks: this.#locks,
      log,
      send,
      node: identity.node,
      handlers: operationHandlers({
        engine,
        tools,
        journal,
        firewall,
        onFirewall: () => {
          this.#firewall.onSettled();
        },
        registryCertificates: config.registryCertificates,
        drill: backupDrill({ engine, drills, tools, room: this.#drillRoom, node: this.#node }),
        standbys: this.#standbys,
      }),
      onInstance: (instance) => {
        this.#reconciler.giveWay(instance);
      },
      onSettled: (instance) => {
        this.#reconciler.onSettled(instance);
      },
    });
    this.#renewal = new Renewal({
      config,
      log,
      send,
      identity: () => this.#identity,
      onRenewed: (renewed) => {
        this.#identity = renewed;
      },
    });
  }

  /** Carries on with what was under way, then connects. Resolves when the agent is stopped. */
  async run(): Promise<void> {
    // First of all: containers that Docker starts meanwhile find it in force.
    await this.#firewall.start();
    this.#runner.resume();
    const watching = watchDocker(this.#engine, this, this.#dependencies.log, this.#stopping.signal);
    this.#sampler.start();
    await this.#dockerVersion.read();
    this.#connection.start();
    await watching;
  }

  /** Operations under way stay in the journal: the next start carries them on. What terminals run is ended. */
  async stop(reason: string): Promise<void> {
    this.#stopping.abort(new Error(reason));
    this.#reconciler.stop();
    this.#firewall.stop();
    this.#health.stop();
    this.#sampler.stop();
    this.#connection.stop(reason);
    this.#journal.close();
    await this.#streams.endAll();
  }

  /** This process goes on. */
  tellUpgradeFailed(version: string, error: BerthError): void {
    this.#connection.send({ type: "upgrade.failed", version, error: error.toBody() });
  }

  onRunning(): void {
    this.#sampler.onRunning();
    this.#reconciler.onRunning();
    void this.#drillRoom.clearLeftovers();
    void this.#standbys.clearLeftovers(this.#locks, (instance) => {
      this.#reconciler.onSettled(instance);
    });
    void this.#dockerVersion.read();
  }

  onUnreachable(): void {
    this.#reconciler.onUnreachable();
  }

  onEvent(event: DockerEvent): void {
    this.#sampler.onEvent(event);
    this.#disks.onEvent(event);
    this.#reconciler.onEvent(event);
  }

  onOnline(welcome: ControllerMessageOf<"welcome">): void {
    const isNewPolicy = this.#journal.drift !== welcome.drift;
    this.#journal.drift = welcome.drift;
    if (isNewPolicy) {
      this.#reconciler.onPolicy();
      this.#firewall.onPolicy();
    }
    this.#events.backfill(welcome.lastEventSequence);
    this.#runner.resend();
    this.#samples.onOnline();
    this.#disks.onOnline(welcome.protocol);
    this.#renewal.onOnline();
    this.#dependencies.onWelcome();
  }

  onOffline(): void {
    this.#streams.closeAll();
    this.#samples.onOffline();
    this.#disks.onOffline();
    this.#renewal.onOffline();
  }

  /** A message that cannot be served, because the disk is full say, costs itself and not the agent. */
  onMessage(message: Exclude<ControllerMessage, { type: "welcome" }>): void {
    try {
      this.#serve(message);
    } catch (error) {
      const { code, message: reason } = journalError(error);
      this.#dependencies.log.error({ type: message.type, code, reason }, "a message could not be served");
    }
  }

  #serve(message: Exclude<ControllerMessage, { type: "welcome" }>): void {
    switch (message.type) {
      case "operation":
        return this.#runner.receive(message);
      case "cancel":
        return this.#runner.cancel(message.id);
      case "acknowledge":
        return this.#runner.acknowledge(message.ids);
      case "acknowledge.events":
        return this.#journal.outbox.acknowledge(message.sequence);
      case "observe":
        return void this.#observe(message.id);
      case "sampling":
        return this.#sampler.set(message);
      case "logs.open":
        return this.#streams.openLogs(message);
      case "exec.open":
        return this.#streams.openExec(message);
      case "stream.input":
        return this.#streams.input(message);
      case "stream.resize":
        return this.#streams.resize(message);
      case "stream.taken":
        return this.#streams.taken(message);
      case "stream.close":
        return this.#streams.close(message.id);
      case "certificate":
        return void this.#renew(message.certificate);
      case "upgrade":
        return this.#dependencies.onUpgrade(message, this.#identity);
    }
  }

  async #observe(id: string): Promise<void> {
    const observation = await observeNode({
      observer: this.#observer,
      reconciler: this.#reconciler,
      health: this.#health,
      firewall: this.#firewall,
      log: this.#dependencies.log,
    });
    this.#connection.send({ type: "observation", id, observation });
  }

  async #renew(certificate: string): Promise<void> {
    try {
      await this.#renewal.receive(certificate);
    } catch (error) {
      this.#dependencies.log.warn({ reason: toBerthError(error).message }, "the new certificate is refused");
    }
  }

  #hello(): Extract<AgentMessage, { type: "hello" }> {
    return hello({
      node: this.#identity.node,
      bootId: this.#bootId,
      hostFacts: this.#dependencies.hostFacts,
      dockerVersion: this.#dockerVersion.value,
      meter: this.#node,
      operations: this.#journal.operations,
    });
  }
}
