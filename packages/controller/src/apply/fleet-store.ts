/** The desired state as it is stored: the text of the last applied fleet file, parsed. */
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import { parseFleet, parseStoredFleet } from "@berth/shared/fleet/parse";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Queryable } from "../inventory/database.ts";
import { currentFleet } from "../inventory/fleet.ts";
import { FleetInvalid } from "./fleet-invalid.ts";

/** The present desired state. */
export interface StoredFleet {
  fleet: Fleet;
  yaml: string;
  /** Name of the file that it came in. */
  file: string;
}

export interface FleetStore {
  /** Validated; throws FleetInvalid. The last two texts are parsed once. */
  parse: (text: string, file: string) => Fleet;
  /** null: nothing was applied yet. */
  current: () => Promise<StoredFleet | null>;
  /** Throws `not-found` when nothing was applied yet. */
  require: () => Promise<Fleet>;
}

export function noFleetYet(hint = "Start with `berth apply fleet.yaml`"): BerthError {
  return new BerthError("not-found", "No fleet was applied yet", { hint });
}

export function createFleetStore(database: Queryable, catalog: Catalog): FleetStore {
  // The present desired state, and the one that is looked at beside it.
  let last: readonly { text: string; file: string; fleet: Fleet }[] = [];

  function parse(text: string, file: string, read = parseFleet): Fleet {
    const known = last.find((parsed) => parsed.text === text && parsed.file === file);
    if (known !== undefined) return known.fleet;
    const { fleet, problems } = read(text, file, catalog);
    if (fleet === null) throw new FleetInvalid(problems);
    last = [{ text, file, fleet }, ...last.slice(0, 1)];
    return fleet;
  }

  async function current(): ReturnType<FleetStore["current"]> {
    const revision = await currentFleet(database);
    if (revision === null) return null;
    return { fleet: parse(revision.yaml, revision.file, parseStoredFleet), yaml: revision.yaml, file: revision.file };
  }

  return {
    parse: (text, file) => parse(text, file),
    current,
    require: async () => {
      const found = await current();
      if (found === null) throw noFleetYet();
      return found.fleet;
    },
  };
}
