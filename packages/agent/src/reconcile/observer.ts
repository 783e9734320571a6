/** The node's state as Docker has it at this moment, compared with what it should be. */
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { InstanceState, Observation, ObservedInstance } from "@berth/shared/protocol/state";
import type { ContainerDetails, ContainerSummary, Engine, ImageSummary } from "../docker/engine.ts";
import { isMadeTo } from "../docker/fingerprint.ts";
import { labels } from "../docker/labels.ts";
import { fullReference } from "../docker/references.ts";
import type { Journal } from "../journal/journal.ts";
import {
  checkInstance,
  differencesOf,
  type ImageIds,
  nextSuffix,
  previousSuffix,
} from "../operations/instance-check.ts";

export interface HealthStates {
  /** What the health watch last saw; undefined: it has not looked yet. */
  stateOf(instance: string, containerIds: readonly string[]): InstanceState | undefined;
}

/** What goes on about an instance beside its containers. */
export interface Work {
  /** An operation, or mending, works on it. */
  isWorkedOn(instance: string): boolean;
  /** A standby answers in its place. */
  isAnsweredFor(instance: string): boolean;
}

const none: ImageIds = new Map();
const onItsWay: ReadonlySet<InstanceState> = new Set(["missing", "stopped", "unknown"]);

export class Observer {
  readonly #engine: Engine;
  readonly #journal: Pick<Journal, "desired" | "held">;
  readonly #health: HealthStates;
  readonly #work: Work;
  readonly #began: number;
  /** By id of each image that the last list had: references by which registries know it. */
  #digests: ReadonlyMap<string, readonly string[]> = new Map();

  /** `began`: when the agent did; what runs since before may be in any state until it is looked at. */
  constructor(
    engine: Engine,
    journal: Pick<Journal, "desired" | "held">,
    health: HealthStates,
    work: Work,
    began: number = Date.now(),
  ) {
    this.#began = began;
    this.#engine = engine;
    this.#journal = journal;
    this.#health = health;
    this.#work = work;
  }

  /** Everything: two lists and an inspection of each container, all at once. */
  async observe(): Promise<Observation> {
    const [containers, images] = await Promise.all([
      this.#engine.listContainers({ onlyBerth: true }),
      this.#engine.listImages(),
    ]);
    const details = await this.#inspect(containers);
    const byInstance = Map.groupBy(details, (container) => container.labels[labels.instance] ?? "");
    const specs = new Map(this.#journal.desired.all().map((spec) => [spec.instance, spec]));
    const names = [...new Set([...specs.keys(), ...byInstance.keys()])].toSorted();
    this.#digests = new Map(images.map(({ id, digests }) => [id, digests.map(fullReference)]));
    const references = idsByReference(images);
    const instances = names.flatMap((name) => {
      const observed = this.#instance(name, specs.get(name), byInstance.get(name) ?? [], references);
      return observed === undefined ? [] : [observed];
    });
    return { instances, images: [...references.keys()].toSorted(), docker: "running" };
  }

  /** One instance; undefined when nothing of it is known or exists. */
  async observeInstance(name: string): Promise<ObservedInstance | undefined> {
    const details = await this.#inspect(await this.#engine.listContainers({ instance: name }));
    return this.#instance(name, this.#journal.desired.get(name), details, none);
  }

  async #inspect(containers: readonly ContainerSummary[]): Promise<ContainerDetails[]> {
    const inUse = containers.filter(({ name }) => !name.endsWith(nextSuffix) && !name.endsWith(previousSuffix));
    const details = await Promise.all(inUse.map(async ({ id }) => this.#engine.inspectContainer(id)));
    return details.filter((container): container is ContainerDetails => container !== null);
  }

  #instance(
    name: string,
    spec: InstanceSpec | undefined,
    containers: readonly ContainerDetails[],
    images: ImageIds,
  ): ObservedInstance | undefined {
    const [first] = containers;
    if (spec === undefined && first === undefined) return undefined;
    const label = (key: string): string => first?.labels[key] ?? "";
    const isAsDesired = spec !== undefined && containers.length > 0 && containers.every((one) => isMadeFor(spec, one));
    return {
      instance: name,
      service: spec?.service ?? label(labels.service),
      tenant: spec === undefined ? label(labels.tenant) || null : spec.tenant,
      version: first === undefined || isAsDesired ? (spec?.version ?? "") : label(labels.version),
      // A part that did not change bears the labels of the specification that it was made to.
      hash: isAsDesired ? spec.hash : label(labels.hash),
      state: this.#state(name, spec, containers),
      drift:
        spec === undefined || first === undefined || this.#journal.held.has(name)
          ? []
          : differencesOf(checkInstance(spec, containers, images)),
      containers: containers.map(({ id, image, imageId, state, startedAt, restarts, name: container }) => {
        const digests = this.#digests.get(imageId);
        const known = digests === undefined ? {} : { digests: [...digests] };
        return { name: container, id, image, imageId, ...known, state, startedAt, restarts };
      }),
    };
  }

  /** What is not there, or not known yet, while somebody makes or replaces it is on its way. */
  #state(name: string, spec: InstanceSpec | undefined, containers: readonly ContainerDetails[]): InstanceState {
    if (this.#work.isAnsweredFor(name)) return "healthy";
    const state = this.#stateOf(name, spec, containers);
    // One part after the other is made: those that are there already do not make it healthy.
    const isWhole =
      spec === undefined || spec.containers.every((part) => containers.some((one) => one.name === part.name));
    if (this.#work.isWorkedOn(name)) return !isWhole || onItsWay.has(state) ? "starting" : state;
    // Also where Docker has just started it: it is stopped again.
    return state !== "missing" && this.#journal.held.has(name) ? "stopped" : state;
  }

  #stateOf(name: string, spec: InstanceSpec | undefined, containers: readonly ContainerDetails[]): InstanceState {
    if (containers.length === 0) return "missing";
    if (containers.some(({ state }) => state === "restarting")) return "unhealthy";
    if (containers.some(({ state }) => state !== "running")) return "stopped";
    const ids = containers.map(({ id }) => id);
    // What the watch will look at in a moment has only just started.
    const isNew = spec !== undefined && containers.some(({ startedAt }) => Date.parse(startedAt ?? "") >= this.#began);
    return this.#health.stateOf(name, ids) ?? (isNew ? "starting" : "unknown");
  }
}

function isMadeFor(spec: InstanceSpec, { name, labels: present }: ContainerDetails): boolean {
  const wanted = spec.containers.find((container) => container.name === name);
  return wanted !== undefined && isMadeTo(spec, wanted, present);
}

/** Docker shortens references of Docker Hub ("redis:8"); a specification writes them out: both are present. */
function idsByReference(images: readonly ImageSummary[]): Map<string, string> {
  const references = new Map<string, string>();
  for (const { id, tags, digests } of images) {
    for (const reference of [...tags, ...digests]) references.set(reference, id).set(fullReference(reference), id);
  }
  return references;
}
