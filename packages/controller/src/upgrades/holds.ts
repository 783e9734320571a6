/** Instances that stay on their version: an edit of the desired state, like any other. */
import type { Run } from "@berth/shared/api/runs";
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import { removeFromFleet, setInFleet } from "@berth/shared/fleet/edit";
import { placements, type Placement } from "@berth/shared/fleet/instances";
import type { Fleet } from "@berth/shared/fleet/schema";
import { suggestion } from "@berth/shared/fleet/suggest";
import { type FleetControl, holdKind, releaseKind } from "../apply/apply.ts";
import type { FleetPlan } from "../plan/plan.ts";
import { isHeld } from "./choose-instances.ts";

export interface HoldOptions {
  account: string;
  dryRun: boolean;
}

export interface HoldChange {
  plan: FleetPlan;
  run: Run | null;
  /** That the instance stays on, or that it had been held at. */
  version: string;
}

export interface Holds {
  /** `version` null: the one that it runs. */
  hold: (instance: string, version: string | null, options: HoldOptions) => Promise<HoldChange>;
  release: (instance: string, options: HoldOptions) => Promise<HoldChange>;
}

export interface HoldsDependencies {
  control: Pick<FleetControl, "edit">;
  catalogOf: (fleet: Fleet) => Catalog;
  /** What an instance runs; null: that is not known. */
  runningVersion: (instance: string) => Promise<string | null>;
}

export function createHolds({ control, catalogOf, runningVersion }: HoldsDependencies): Holds {
  return {
    async hold(instance, wanted, options) {
      const running = await runningVersion(instance);
      let version = wanted ?? running ?? "";
      const change = await control.edit(
        ({ yaml, fleet }) => {
          const placement = requirePlacement(instance, fleet, catalogOf(fleet));
          if (version === "") version = placement.overrides.version ?? placement.service.version;
          const path = ownPath(placement);
          return { text: setInFleet(setInFleet(yaml, [...path, "version"], version), [...path, "hold"], true) };
        },
        // One that is to stay where it is is not touched for it.
        {
          ...options,
          kind: holdKind,
          only: ({ target }) => target === instance && wanted !== null && wanted !== running,
        },
      );
      return { ...change, version };
    },

    async release(instance, options) {
      let version = "";
      const change = await control.edit(
        ({ yaml, fleet }) => {
          const placement = requirePlacement(instance, fleet, catalogOf(fleet));
          if (!isHeld(placement)) {
            throw new BerthError("request.invalid", `${instance} is not held`, {
              hint: "`berth upgrade check` shows which are",
            });
          }
          version = placement.overrides.version ?? placement.service.version;
          return { text: removeFromFleet(yaml, [...ownPath(placement), "hold"]) };
        },
        { ...options, kind: releaseKind, only: () => false },
      );
      return { ...change, version };
    },
  };
}

/** Where the fleet file says what is of this instance alone; replicas of a shared service go together. */
function ownPath({ tenant, service }: Placement): string[] {
  return tenant === null ? ["services", "shared", service.name] : ["tenants", tenant, "services", service.name];
}

function requirePlacement(instance: string, fleet: Fleet, catalog: Catalog): Placement {
  const all = placements(fleet, catalog);
  const found = all.find((placement) => placement.instance === instance);
  if (found !== undefined) return found;
  const names = all.map((placement) => placement.instance);
  throw new BerthError("not-found", `No instance is named '${instance}'${suggestion(instance, names)}`, {
    hint: "`berth status` shows what there is",
  });
}
