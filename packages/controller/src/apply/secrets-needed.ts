import type { Catalog, GeneratedSecret } from "@berth/shared/catalog/schema";
import type { Desired } from "../plan/desired.ts";
import { databaseSecretName } from "../plan/environment.ts";

/** Secrets that the desired instances refer to, with how to make them. */
export function secretsNeeded({ instances }: Desired, catalog: Catalog): Map<string, GeneratedSecret> {
  const needed = new Map<string, GeneratedSecret>();
  for (const { spec, database } of instances) {
    const secrets = catalog.get(spec.service)?.secrets ?? {};
    for (const [name, how] of Object.entries(secrets)) {
      if (!("token" in how)) needed.set(`${spec.instance}/${name}`, how);
    }
    if (database !== null) needed.set(databaseSecretName(spec.instance), { length: 32, alphabet: "alphanumeric" });
  }
  return needed;
}
