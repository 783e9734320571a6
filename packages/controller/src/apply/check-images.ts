/** Finds images that do not exist while nothing has changed yet: a plan that pulls them is refused. */
import type { Catalog } from "@berth/shared/catalog/schema";
import { overridePath, partName, placements, type Placement } from "@berth/shared/fleet/instances";
import type { Problem } from "@berth/shared/fleet/problem";
import { inOrder } from "@berth/shared/fleet/read-yaml";
import type { Fleet } from "@berth/shared/fleet/schema";
import { FleetSource, type Path } from "@berth/shared/fleet/source";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "../plan/desired.ts";
import type { ImageAnswer } from "../registry/image-lookup.ts";
import { FleetInvalid } from "./fleet-invalid.ts";

export interface PlannedFleet {
  /** Of the desired state, with its name for messages. */
  text: string;
  file: string;
  fleet: Fleet;
  desired: Desired;
  operations: readonly PlannedOperation[];
}

export interface ImageCheck {
  /** Berth's own services. */
  builtIn: Catalog;
  /** Asks the registries; by image. Called only when the plan has images to pull. */
  lookUp: (images: readonly string[], fleet: Fleet) => Promise<ReadonlyMap<string, ImageAnswer>>;
}

export interface CheckedImages {
  /** By image. */
  answers: ReadonlyMap<string, ImageAnswer>;
  warnings: string[];
}

/**
 * Throws FleetInvalid for images that their registries say they do not have, at the place that asks for them. What cannot
 * be known gives a warning: the nodes may well reach a registry that the controller does not, or have the image already.
 */
export async function checkImages(planned: PlannedFleet, { builtIn, lookUp }: ImageCheck): Promise<CheckedImages> {
  const pulls = planned.operations.filter((operation) => operation.kind === "image.ensure");
  if (pulls.length === 0) return { answers: new Map(), warnings: [] };
  const images = [...new Set(pulls.map(({ input }) => input.image))];
  const answers = await lookUp(images, planned.fleet);
  // A node that cannot be seen may have the image since the time when there was one.
  const certain = pulls.filter(({ change }) => change === "create");
  const problems = missingOf(certain, answers).flatMap((missing) => problemsOf(missing, planned, builtIn));
  if (problems.length > 0) {
    throw new FleetInvalid(
      inOrder(problems),
      "Nothing was changed. Ask for a version that exists, or put it into the registry",
    );
  }
  const unseen = missingOf(pulls, answers).map(
    ({ image, reason, nodes }) => `node '${nodes.join("', '")}' cannot be seen and may lack ${image}: ${reason}`,
  );
  return { answers, warnings: [...unseen, ...unknownImages(answers)] };
}

interface MissingImage extends Extract<ImageAnswer, { kind: "missing" }> {
  image: string;
  nodes: string[];
}

function missingOf(
  pulls: readonly PlannedOperation<"image.ensure">[],
  answers: ReadonlyMap<string, ImageAnswer>,
): MissingImage[] {
  const byImage = Map.groupBy(pulls, ({ input }) => input.image);
  return [...byImage].flatMap(([image, operations]) => {
    const answer = answers.get(image);
    if (answer?.kind !== "missing") return [];
    return [{ ...answer, image, nodes: operations.map(({ input }) => input.node) }];
  });
}

/** One for each place in the file that asks for the image, however many instances come of it. */
function problemsOf(missing: MissingImage, planned: PlannedFleet, builtIn: Catalog): Problem[] {
  const { fleet, desired, text, file } = planned;
  const placed = new Map(placements(fleet, builtIn).map((placement) => [placement.instance, placement]));
  const requests = desired.instances.flatMap(({ spec }) => {
    const placement = placed.get(spec.instance);
    const container = spec.containers.find(({ image }) => image === missing.image);
    if (placement === undefined || container === undefined || !missing.nodes.includes(spec.node)) return [];
    return [{ instance: spec.instance, ...versionPlace(fleet, placement, container.name, builtIn) }];
  });
  const source = new FleetSource(text, file);
  const byPlace = Map.groupBy(requests, ({ path }) => path.join("."));
  return [...byPlace.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const who = same.map(({ instance }) => instance).join(", ");
    return [source.problem(first.path, `${sentence(missing, who)}${first.remark}`, first.at)];
  });
}

function sentence({ image, reason, nearest }: MissingImage, who: string): string {
  const near = nearest.length === 0 ? "" : `; it has ${nearest.map((tag) => `'${tag}'`).join(", ")}`;
  return `the image ${image} of ${who} does not exist: ${reason}${near}`;
}

interface VersionPlace {
  path: Path;
  at: "value" | "key";
  /** What is to be known of a version that the file does not say. */
  remark: string;
}

/** Where the version of an instance's container is said: as an override, in an own service, or by Berth. */
export function versionPlace(fleet: Fleet, placement: Placement, container: string, builtIn: Catalog): VersionPlace {
  const { service, overrides, instance, path } = placement;
  const index = service.parts.findIndex(({ name }) => partName(instance, name) === container);
  const own = service.parts[index] ?? service;
  // Parts that have the service's version go along with it.
  if (overrides.version !== undefined && own.version === service.version) {
    return { path: overridePath(fleet, placement, "version"), at: "value", remark: "" };
  }
  if (!builtIn.has(service.name)) {
    const within = index === -1 ? [] : ["parts", index];
    return { path: ["catalog", service.name, ...within, "version"], at: "value", remark: "" };
  }
  const remark = own.version === service.version ? "; it is Berth's own choice, and 'version' sets another" : "";
  return { path, at: "key", remark };
}

/** One sentence for each reason: a registry that does not answer does so for all of its images. */
function unknownImages(answers: ReadonlyMap<string, ImageAnswer>): string[] {
  const unknown = [...answers].flatMap(([image, answer]) =>
    answer.kind === "unknown" ? [{ image, reason: answer.reason }] : [],
  );
  return [...Map.groupBy(unknown, ({ reason }) => reason)].map(([reason, [first, ...others]]) => {
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    return `whether ${first?.image ?? ""}${more} can be pulled is not known: ${reason}`;
  });
}
