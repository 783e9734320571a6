/** Berth's services and a fleet's own, together. Pure. */
import type { Fleet } from "../fleet/schema.ts";
import type { Catalog } from "./schema.ts";

/**
 * Every service that this fleet can have. Giving it its own result changes nothing. A fleet's own comes first: a name of
 * Berth's is refused in a new text, and one that was there before Berth took its name goes on as it is.
 */
export function catalogOf({ catalog }: Pick<Fleet, "catalog">, builtIn: Catalog): Catalog {
  const own = Object.entries(catalog);
  return own.length === 0 ? builtIn : new Map([...builtIn, ...own]);
}
