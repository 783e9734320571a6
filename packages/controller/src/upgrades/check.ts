/** Which instances are behind: what they run, against the tags that registries have. */
import pLimit from "p-limit";
import type { InstanceCheck, ServiceCheck, UpgradeCheck } from "@berth/shared/api/upgrades";
import type { Catalog, Service } from "@berth/shared/catalog/schema";
import { toBerthError } from "@berth/shared/errors";
import { placements, type Placement } from "@berth/shared/fleet/instances";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { KnownTags } from "../inventory/registry-tags.ts";
import type { UpgradeInstance } from "../inventory/upgrades.ts";
import { imageReference, mirrorOf } from "../plan/containers.ts";
import { instancesOf, isHeld } from "./choose-instances.ts";
import { failuresOf } from "./past-upgrades.ts";
import { isVersion, newerTags, nextMinor } from "./tags.ts";

export interface CheckDependencies {
  /** Throws `not-found` before the first apply. */
  fleet: () => Promise<Fleet>;
  catalogOf: (fleet: Fleet) => Catalog;
  registryMirror: string | null;
  /** All tags of an image's repository. */
  tags: (image: string, fleet: Fleet, signal: AbortSignal) => Promise<string[]>;
  /** What registries said before, by reference without a tag. */
  known: () => Promise<ReadonlyMap<string, KnownTags>>;
  remember: (image: string, known: KnownTags) => Promise<void>;
  /** What instances run, by name. */
  running: () => Promise<ReadonlyMap<string, string>>;
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
  async function ask(services: readonly Service[], fleet: Fleet): Promise<Map<string, string>> {
    const limit = pLimit(questionsAtATime);
    const signal = AbortSignal.timeout(totalMilliseconds);
    const problems = new Map<string, string>();
    await Promise.all(
      services.map((service) =>
        limit(async () => {
          const image = imageOf(service, fleet, dependencies);
          try {
            const tags = (await dependencies.tags(`${image}:${service.version}`, fleet, signal)).filter(isVersion);
            await dependencies.remember(image, { tags, checkedAt: new Date().toISOString() });
          } catch (error) {
            const tooLate = `its registry did not answer within ${totalMilliseconds / 1000} s`;
            problems.set(service.name, signal.aborted ? tooLate : toBerthError(error).message);
          }
        }),
      ),
    );
    return problems;
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
        const version = running.get(placement.instance) ?? versionOf(placement);
        return checkInstance(placement, version, tagsOf(placement.service)?.tags ?? [], past);
      }),
    };
  }

  return {
    async check(service) {
      const fleet = await dependencies.fleet();
      const catalog = dependencies.catalogOf(fleet);
      const chosen = service === null ? placements(fleet, catalog) : instancesOf(service, fleet, catalog);
      return answer(chosen, fleet, await ask(servicesOf(chosen), fleet));
    },
    async recall() {
      const fleet = await dependencies.fleet();
      return answer(placements(fleet, dependencies.catalogOf(fleet)), fleet, new Map());
    },
  };
}

/** What there is to move it to. Pure. */
export function checkInstance(
  placement: Placement,
  version: string,
  tags: readonly string[],
  past: readonly UpgradeInstance[],
): InstanceCheck {
  const { instance, service } = placement;
  const newer = newerTags(version, tags);
  const { patch, minor, major } = newer;
  const next = service.upgrade.skipMinor ? null : nextMinor(version, tags);
  const failed = [patch, minor, major].filter((tag) => tag !== null && failuresOf(past, service.name, tag).length > 0);
  return {
    instance,
    service: service.name,
    version,
    ...newer,
    held: isHeld(placement),
    notes: [
      ...(next === null || next === minor ? [] : [`${next} comes before ${minor}: no minor version is skipped`]),
      ...failed.map((tag) => `${tag} failed before`),
      ...(major === null ? [] : [`${major}: ${service.upgrade.major ?? "see the release notes"}`]),
    ],
  };
}

function servicesOf(chosen: readonly Placement[]): Service[] {
  return [...new Map(chosen.map(({ service }) => [service.name, service])).values()];
}

function versionOf({ overrides, service }: Placement): string {
  return overrides.version ?? service.version;
}

/** Without its tag. */
function imageOf(
  { image, version }: Service,
  fleet: Fleet,
  { registryMirror }: Pick<CheckDependencies, "registryMirror">,
): string {
  return imageReference(image, version, mirrorOf(fleet, registryMirror)).slice(0, -(version.length + 1));
}
