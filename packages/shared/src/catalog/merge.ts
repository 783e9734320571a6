/** Berth's services and a fleet's own, together. Pure. */
import type { Fleet } from "../fleet/schema.ts";
import type { Catalog } from "./schema.ts";

/** Every service that this fleet can have. Giving it its own result changes nothing; Berth's keep their names. */
export function catalogOf({ catalog }: Pick<Fleet, "catalog">, builtIn: Catalog): Catalog {
  const own = Object.entries(catalog).filter(([name]) => !builtIn.has(name));
  return own.length === 0 ? builtIn : new Map([...builtIn, ...own]);
}
