/** Which instances are behind: what they run, against the tags that registries have, and what these lead to. */
import pLimit from "p-limit";
import type { InstanceCheck, ServiceCheck, UpgradeCheck } from "@berth/shared/api/upgrades";
import type { Catalog, Service } from "@berth/shared/catalog/schema";
import { shortDigests, tagOf } from "@berth/shared/catalog/version-digest";
import { toBerthError } from "@berth/shared/errors";
import { placements, type Placement } from "@berth/shared/fleet/instances";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { KnownTags } from "../inventory/registry-tags.ts";
import type { UpgradeInstance } from "../inventory/upgrades.ts";
import { imageRepository, mirrorOf } from "../plan/containers.ts";
import type { ResolvedImage } from "../registry/registry.ts";
import { instancesOf, isHeld } from "./choose-instances.ts";
import { failuresOf } from "./past-upgrades.ts";
import { compareDigest, type Running } from "./published-anew.ts";
import { isVersion, newerTags, nextMinor } from "./tags.ts";

export interface CheckDependencies {
  /** Throws `not-found` before the first apply. */
  fleet: () => Promise<Fleet>;
  catalogOf: (fleet: Fleet) => Catalog;
  registryMirror: string | null;
  /** All tags of an image's repository. */
  tags: (image: string, fleet: Fleet, signal: AbortSignal) => Promise<string[]>;
  /** What a reference leads to. */
  resolve: (reference: string, fleet: Fleet, signal: AbortSignal) => Promise<ResolvedImage>;
  /** What registries said before, by reference without a tag. */
  known: () => Promise<ReadonlyMap<string, KnownTags>>;
  remember: (image: string, known: KnownTags) => Promise<void>;
  /** Has nodes say anew what they run; one that does not answer is passed by. */
  look: (nodes: readonly string[]) => Promise<void>;
  /** What instances run, by name. */
  running: () => Promise<ReadonlyMap<string, Running>>;
  past: () => Promise<readonly UpgradeInstance[]>;
}

export interface UpgradeChecks {
  /** Asks the registries; one that does not answer costs its own services alone. `service` null: all. */
  check: (service: string | null) => Promise<UpgradeCheck>;
  /** Of what they said before. */
  recall: () => Promise<UpgradeCheck>;
}

const totalMilliseconds = 20_000;
const questionsAtATime = 4;

export function createUpgradeChecks(dependencies: CheckDependencies): UpgradeChecks {
  /** By service, why its registry could not be asked. */
  async function ask(chosen: readonly Placement[], fleet: Fleet): Promise<Map<string, string>> {
    const limit = pLimit(questionsAtATime);
    const signal = AbortSignal.timeout(totalMilliseconds);
    const problems = new Map<string, string>();
    const [running, known] = await Promise.all([dependencies.running(), dependencies.known()]);
    // Own services may share an image with others: asked for each by itself, the last answer alone would be kept.
    const askFor = async (image: string, services: readonly [Service, ...Service[]]): Promise<void> => {
      const before = known.get(image)?.digests ?? {};
      const tags = services.flatMap((service) => tagsInUse(service, chosen, running));
      const inUse = new Map(tags.map((tag) => [tag, before[tag]]));
      try {
        await learn({ image, version: services[0].version }, inUse, fleet, signal);
      } catch (error) {
        const tooLate = `its registry did not answer within ${totalMilliseconds / 1000} s`;
        const reason = signal.aborted ? tooLate : toBerthError(error).message;
        for (const { name } of services) problems.set(name, reason);
      }
    };
    const byImage = Map.groupBy(servicesOf(chosen), (service) => imageOf(service, fleet, dependencies));
    await Promise.all(
      [...byImage].map(([image, [first, ...others]]) =>
        first === undefined ? undefined : limit(() => askFor(image, [first, ...others])),
      ),
    );
    return problems;
  }

  /** `inUse`: tags, with the digests that they led to before; what cannot be learned of one now stays. */
  async function learn(
    { image, version }: Pick<Service, "image" | "version">,
    inUse: ReadonlyMap<string, string | undefined>,
    fleet: Fleet,
    signal: AbortSignal,
  ): Promise<void> {
    const tags = (await dependencies.tags(`${image}:${version}`, fleet, signal)).filter(isVersion);
    const checkedAt = new Date().toISOString();
    const digests = new Map(inUse);
    try {
      for (const tag of inUse.keys()) {
        const found = await dependencies.resolve(`${image}:${tag}`, fleet, signal);
        digests.set(tag, "digest" in found ? found.digest : undefined);
      }
    } finally {
      const known = [...digests].flatMap(([tag, digest]) => (digest === undefined ? [] : [[tag, digest] as const]));
      await dependencies.remember(image, { tags, digests: Object.fromEntries(known), checkedAt });
    }
  }

  async function answer(chosen: readonly Placement[], fleet: Fleet, problems: ReadonlyMap<string, string>) {
    const [known, running, past] = await Promise.all([
      dependencies.known(),
      dependencies.running(),
      dependencies.past(),
    ]);
    const tagsOf = (service: Service) => known.get(imageOf(service, fleet, dependencies));
    return {
      services: servicesOf(chosen).map((service): ServiceCheck => {
        const image = imageOf(service, fleet, dependencies);
        const checkedAt = tagsOf(service)?.checkedAt ?? null;
        return { service: service.name, image, checkedAt, problem: problems.get(service.name) ?? null };
      }),
      instances: chosen.map((placement) => {
        const runs = running.get(placement.instance) ?? { version: versionOf(placement), digests: null };
        const image = imageOf(placement.service, fleet, dependencies);
        return checkInstance(placement, runs, { image, ...(tagsOf(placement.service) ?? nothingKnown) }, past);
      }),
    };
  }

  return {
    async check(service) {
      const fleet = await dependencies.fleet();
      const catalog = dependencies.catalogOf(fleet);
      const chosen = service === null ? placements(fleet, catalog) : instancesOf(service, fleet, catalog);
      await dependencies.look([...new Set(chosen.map(({ node }) => node))]);
      return answer(chosen, fleet, await ask(chosen, fleet));
    },
    async recall() {
      const fleet = await dependencies.fleet();
      return answer(placements(fleet, dependencies.catalogOf(fleet)), fleet, new Map());
    },
  };
}

export interface KnownImage extends Pick<KnownTags, "tags" | "digests"> {
  /** Reference without a tag. */
  image: string;
}

const nothingKnown = { tags: [], digests: {} };

/** What there is to move it to. Pure. */
export function checkInstance(
  placement: Placement,
  running: Running,
  { image, tags, digests }: KnownImage,
  past: readonly UpgradeInstance[],
): InstanceCheck {
  const { instance, service } = placement;
  const { version } = running;
  const newer = newerTags(version, tags);
  const { patch, minor, major } = newer;
  const next = service.upgrade.skipMinor ? null : nextMinor(version, tags);
  const compared = compareDigest(running, image, digests);
  const rebuilt = compared.kind === "anew" ? compared.digest : null;
  const anew = rebuilt === null ? null : `${tagOf(version)}@${rebuilt}`;
  const failed = [anew, patch, minor, major].filter(
    (tag) => tag !== null && failuresOf(past, service.name, tag).length > 0,
  );
  return {
    instance,
    service: service.name,
    version,
    ...newer,
    rebuilt,
    held: isHeld(placement),
    notes: [
      ...(anew === null
        ? []
        : [`${tagOf(version)} was published anew: \`berth upgrade ${service.name} --to ${anew}\` moves to it`]),
      ...(compared.kind === "incomparable" ? [incomparableText(instance, tagOf(version), image)] : []),
      ...(next === null || next === minor ? [] : [`${next} comes before ${minor}: no minor version is skipped`]),
      ...failed.map((tag) => `${shortDigests(tag ?? "")} failed before`),
      ...(major === null ? [] : [`${major}: ${service.upgrade.major ?? "see the release notes"}`]),
    ],
  };
}

function incomparableText(instance: string, tag: string, image: string): string {
  return `whether ${tag} was published anew cannot be told for ${instance}: its image has no known digest of ${image}`;
}

/** Of the service's instances, each once. What runs may be of no known version. */
function tagsInUse(
  service: Service,
  chosen: readonly Placement[],
  running: ReadonlyMap<string, Pick<Running, "version">>,
): string[] {
  const own = chosen.filter((placement) => placement.service.name === service.name);
  const tags = own.map((placement) => tagOf(running.get(placement.instance)?.version ?? versionOf(placement)));
  return [...new Set(tags)].filter((tag) => tag !== "");
}

function servicesOf(chosen: readonly Placement[]): Service[] {
  return [...new Map(chosen.map(({ service }) => [service.name, service])).values()];
}

function versionOf({ overrides, service }: Placement): string {
  return overrides.version ?? service.version;
}

/** Without its tag. */
function imageOf(
  { image }: Service,
  fleet: Fleet,
  { registryMirror }: Pick<CheckDependencies, "registryMirror">,
): string {
  return imageRepository(image, mirrorOf(fleet, registryMirror));
}
