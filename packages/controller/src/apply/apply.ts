/** From a fleet file to a run: merge, validate, observe, plan, record, start. */
import { catalogOf } from "@berth/shared/catalog/merge";
import type { Catalog } from "@berth/shared/catalog/schema";
import { capacityWarnings } from "@berth/shared/fleet/capacity";
import { BerthError } from "@berth/shared/errors";
import type { Run } from "@berth/shared/api/runs";
import { awake } from "@berth/shared/fleet/awake";
import { mergeFleet } from "@berth/shared/fleet/edit";
import type { HostResources } from "@berth/shared/fleet/host-capacity";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Secret } from "@berth/shared/secret";
import { hostWarnings } from "../capacity/host-warnings.ts";
import type { Inventory } from "../inventory/database.ts";
import { observeFleet, type ObservationSources } from "../observation/observe.ts";
import type { Observed } from "../plan/observed.ts";
import { pinImages } from "../plan/pin-images.ts";
import { desiredState, type Desired, type DesiredOptions } from "../plan/desired.ts";
import { linkPresent, planFleet, planPart, startAfter, type FleetPlan } from "../plan/plan.ts";
import { checkImages, type ImageCheck } from "./check-images.ts";
import { isRecorded, refuseSteps, versionMoves, versionWarnings } from "./check-versions.ts";
import type { FleetSecrets } from "./fleet-secrets.ts";
import { type FleetStore, noFleetYet, type StoredFleet } from "./fleet-store.ts";
import { type NewRun, refuseSecondRun } from "../runs/store.ts";
import { leftTenants } from "./left-tenants.ts";
import { moveVersions } from "./move-versions.ts";
import { recordFleet } from "./record.ts";
import { misplacedNodes } from "./seen-addresses.ts";
import { wayOut } from "./way-out.ts";

export interface FleetFile {
  yaml: string;
  /** Its name, for messages. */
  file: string;
  prune: boolean;
  /** Go to older versions of services which may not read what newer ones have written. */
  acceptDowngrade?: boolean;
}

export interface FleetControl {
  /** What applying the file would do. Changes nothing. */
  plan: (file: FleetFile) => Promise<FleetPlan>;
  /** Makes the file the desired state and starts a run; `run` is null when nothing is to be done. */
  apply: (file: FleetFile, account: string) => Promise<{ plan: FleetPlan; run: Run | null }>;
  /**
   * Edits the desired state, and carries out a part of the plan. What the edit throws changes nothing, nor does anything
   * else that is thrown.
   */
  edit: (edit: FleetEdit, options: EditOptions) => Promise<{ plan: FleetPlan; run: Run | null }>;
  /** Runs work on the desired state that no other may come in between of. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

/** From the present desired state to the next; no other edit comes in between. */
export type FleetEdit = (present: StoredFleet) => EditedFleet;

export interface EditedFleet {
  text: string;
  /** What must have succeeded before anything else is touched. */
  first?: readonly PlannedOperation[];
  /** What is done besides the part of the plan that is carried out. Dependencies on what is not planned are dropped. */
  besides?: (part: FleetPlan, desired: Desired) => readonly PlannedOperation[];
  /** The same operations, some of them after more than the plan has them. */
  arrange?: (operations: readonly PlannedOperation[]) => readonly PlannedOperation[];
}

export interface EditOptions {
  account: string;
  /** Of the run: node.add, tenant.remove */
  kind: string;
  /** The part of the plan that is carried out, with all that it comes after. */
  only: (operation: PlannedOperation, desired: Desired) => boolean;
  /** Secrets that a person gives with it, by name. */
  given?: ReadonlyMap<string, Secret>;
  /** Changes nothing. */
  dryRun?: boolean;
}

export interface ApplyDependencies {
  inventory: Inventory;
  catalog: Catalog;
  store: FleetStore;
  settings: Pick<DesiredOptions, "registryMirror" | "agentVersion" | "controllerCa">;
  secrets: FleetSecrets;
  sources: (fleet: Fleet) => ObservationSources;
  /** Address that the node's agent connects from; null: it is not connected. */
  seenAddress: (node: string) => string | null;
  /** Asks the registries for images that a plan pulls. */
  lookUpImages: ImageCheck["lookUp"];
  /** Id of an upgrade of the service that begins now. */
  newUpgradeId: (service: string) => string;
  /** What the host of a Proxmox connection has. Throws when it does not say. */
  hostResources: (fleet: Fleet, proxmox: string) => Promise<HostResources>;
  /** Number of the run that is being carried out; null when there is none. */
  runUnderWay: () => Promise<number | null> | number | null;
  /** Writes the run together with `alongside`, in one transaction; throws `conflict` when another is under way. */
  startRun: (run: NewRun) => Promise<Run | null>;
  /** Called with each new desired state, for what follows the fleet: sampling, drift. */
  onChange: (fleet: Fleet) => void;
}

/** Kinds of the edits that hold an instance at a version, and let it go. */
export const holdKind = "upgrade.hold";
export const releaseKind = "upgrade.release";

interface Prepared {
  text: string;
  /** Name of the text, for messages. */
  file: string;
  fleet: Fleet;
  desired: Desired;
  plan: FleetPlan;
  observed: Observed;
}

export function createFleetControl(dependencies: ApplyDependencies): FleetControl {
  const { store, settings, inventory, secrets } = dependencies;
  let applying: Promise<unknown> = Promise.resolve();

  function desiredOf(fleet: Fleet): Desired {
    const { secretVersion, givenSecret } = secrets;
    const catalog = catalogOf(fleet, dependencies.catalog);
    return desiredState(fleet, { catalog, ...settings, secretVersion, givenSecret });
  }

  async function prepare(text: string, file: string, prune: boolean, notes: string[] = []): Promise<Prepared> {
    const fleet = store.parse(text, file);
    const desired = desiredOf(fleet);
    const observed = await observeFleet(desired, dependencies.sources(fleet));
    const plan = planFleet(desired, observed, { prune });
    const warnings = [
      ...notes,
      ...plan.warnings,
      ...capacityWarnings(fleet, dependencies.catalog),
      ...misplacedNodes(fleet, dependencies.seenAddress),
    ];
    return { text, file, fleet, desired, observed, plan: { ...plan, warnings } };
  }

  /**
   * The plan with what others know of it, once it is clear what is to be done. Throws FleetInvalid for images that do not
   * exist, and for versions that cannot follow what runs.
   */
  async function examine(
    prepared: Prepared,
    plan: FleetPlan,
    { acceptDowngrade = false }: Pick<FleetFile, "acceptDowngrade"> = {},
  ): Promise<FleetPlan> {
    const { operations, warnings } = plan;
    const { fleet, desired, observed } = prepared;
    const builtIn = dependencies.catalog;
    const catalog = catalogOf(fleet, builtIn);
    const moves = versionMoves(operations, observed, catalog);
    refuseSteps(moves, prepared, { builtIn, catalog, acceptDowngrade });
    const [images, hosts] = await Promise.all([
      checkImages({ ...prepared, operations }, { builtIn, lookUp: dependencies.lookUpImages }),
      hostWarnings(fleet, operations, dependencies.hostResources),
    ]);
    const newId = dependencies.newUpgradeId;
    return {
      operations: moveVersions(pinImages(operations, images.answers, observed), moves.filter(isRecorded), {
        desired,
        catalog,
        settings: fleet.upgrades,
        newId,
      }),
      warnings: [
        ...warnings,
        ...versionWarnings(moves, { catalog, keepsBackups: fleet.backups !== undefined }),
        ...hosts,
        ...images.warnings,
      ],
    };
  }

  async function prepareFile({ yaml, file, prune }: FleetFile): Promise<Prepared> {
    // The given file by itself first, so that its mistakes come back with its own lines.
    const given = store.parse(yaml, file);
    const present = await store.current();
    if (present === null) return prepare(yaml, file, prune);
    refuseAnotherFleet(present.fleet, given, file);
    const { text, kept } = mergeFleet(present.yaml, yaml, { prune });
    const notes = [
      ...kept.map((name) => `${name} is not in ${file} and stays as it is; ${wayOut(name)}`),
      ...(prune ? leftTenants(present.fleet, given, desiredOf(awake(present.fleet))) : []),
      ...addressNote(present.fleet, given),
    ];
    return prepare(text, kept.length === 0 ? file : `${file} with the present state`, prune, notes);
  }

  /** Two applies at once would plan on each other's half-done work. */
  function exclusively<T>(work: () => Promise<T>): Promise<T> {
    const next = applying.then(work, work);
    applying = next.catch(() => undefined);
    return next;
  }

  /** The desired state and the run that leads to it are written together: both, or neither. */
  async function commit(
    prepared: Prepared,
    plan: FleetPlan,
    origin: { file: string; account: string; kind: string },
  ): Promise<Run | null> {
    const { text: yaml, fleet, desired } = prepared;
    // Not only when the run is written: by then tokens are signed anew, for a fleet that does not come to be.
    // A hold changes nothing, but not beside an upgrade that may be about to move the instance.
    const concernsRuns = plan.operations.length > 0 || origin.kind === holdKind || origin.kind === releaseKind;
    if (concernsRuns) await refuseSecondRun(inventory.database);
    await secrets.ensure(desired.secrets);
    const record = { ...origin, yaml, fleet, desired };
    const run = await dependencies.startRun({
      plan,
      kind: origin.kind,
      account: origin.account,
      alongside: (transaction) => recordFleet(transaction, record),
    });
    if (run === null) await inventory.database.transaction().execute((transaction) => recordFleet(transaction, record));
    dependencies.onChange(fleet);
    return run;
  }

  async function presentFleet(): Promise<StoredFleet> {
    const present = await store.current();
    if (present === null) throw noFleetYet();
    return present;
  }

  async function prepareEdit(
    { file }: StoredFleet,
    { text, first = [], besides = () => [], arrange = (operations) => operations }: EditedFleet,
    { only, kind }: Pick<EditOptions, "only" | "kind">,
  ): Promise<{ prepared: Prepared; plan: FleetPlan }> {
    const prepared = await prepare(text, file, false);
    const { desired } = prepared;
    const part = planPart(prepared.plan, (operation) => only(operation, desired));
    const rest = startAfter(first, arrange([...part.operations, ...besides(part, desired)]));
    const operations = linkPresent([...first, ...rest]);
    // What a person has pinned to a version is not to go back over its data either; nothing else edits versions.
    const acceptDowngrade = kind !== holdKind;
    return { prepared, plan: await examine(prepared, { ...part, operations }, { acceptDowngrade }) };
  }

  return {
    plan: async (file) => {
      const prepared = await prepareFile(file);
      const plan = await examine(prepared, prepared.plan, file);
      const run = await dependencies.runUnderWay();
      if (run === null) return plan;
      const note = `run ${run} is under way: what it has not done yet is in this plan, too`;
      return { ...plan, warnings: [note, ...plan.warnings] };
    },
    apply: (file, account) =>
      exclusively(async () => {
        const prepared = await prepareFile(file);
        const plan = await examine(prepared, prepared.plan, file);
        const unchanged = (await store.current())?.yaml === prepared.text;
        if (plan.operations.length === 0 && unchanged) return { plan, run: null };
        return { plan, run: await commit(prepared, plan, { file: file.file, account, kind: "apply" }) };
      }),
    async edit(edit, { given = new Map(), dryRun = false, ...options }) {
      if (dryRun) {
        const present = await presentFleet();
        return { plan: (await prepareEdit(present, edit(present), options)).plan, run: null };
      }
      return exclusively(async () => {
        const present = await presentFleet();
        const edited = edit(present);
        // Mistakes are told before anything is stored.
        store.parse(edited.text, present.file);
        const taken = await secrets.give(given);
        try {
          const { prepared, plan } = await prepareEdit(present, edited, options);
          return { plan, run: await commit(prepared, plan, { file: present.file, ...options }) };
        } catch (error) {
          await secrets.takeBack(taken);
          throw error;
        }
      });
    },
    exclusively,
  };
}

/** LXCs are known by the fleet's name: under another one, each would be made a second time. */
function refuseAnotherFleet(present: Fleet, given: Fleet, file: string): void {
  if (present.fleet === given.fleet) return;
  throw new BerthError(
    "conflict",
    `${file} is for the fleet '${given.fleet}', and this controller runs '${present.fleet}'`,
    {
      hint: `A fleet keeps its name: write \`fleet: ${present.fleet}\`. Another fleet has a controller of its own: \`berth serve --state DIR\`.`,
    },
  );
}

/** Agents know the controller by the address that they enrolled with. */
function addressNote(present: Fleet, given: Fleet): string[] {
  const [before, after] = [present, given].map(({ controller }) => `${controller.address}:${controller.port}`);
  if (before === after) return [];
  return [`controller.address is for nodes that join from now on; agents that are there go on to connect to ${before}`];
}
