/** Every service there is: Berth's, and those of the applied fleet where a controller tells of it. */
import { getFleetFile } from "@berth/shared/api/fleet";
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError, type ErrorCode } from "@berth/shared/errors";
import { parseStoredFleet } from "@berth/shared/fleet/parse";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { CommandContext } from "./define-command.ts";

export interface KnownServices {
  services: Catalog;
  /** null: none was applied, or no controller told of it. */
  fleet: Fleet | null;
}

const deadlineSeconds = 5;
/** No controller, or no fleet yet: Berth's own services are all there is to show. */
const silent: readonly ErrorCode[] = ["controller.unreachable", "not-found"];

/** The catalog is there without a controller: why the fleet's services are not is a note, and no failure. */
export async function knownServices({ client, note }: Pick<CommandContext, "client" | "note">): Promise<KnownServices> {
  try {
    const { yaml } = await (await client()).call(getFleetFile, { deadlineSeconds });
    const { fleet } = parseStoredFleet(yaml, "fleet.yaml", catalog);
    if (fleet !== null) return { services: catalogOf(fleet, catalog), fleet };
    note("The applied fleet is not one that this version of Berth can read: its own services are left out.");
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    if (!silent.includes(error.code)) note(`The applied fleet's own services are left out: ${error.message}`);
  }
  return { services: catalog, fleet: null };
}
