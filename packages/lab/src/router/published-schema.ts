/**
 * Traefik's schema for its dynamic configuration, as SchemaStore publishes it (Apache-2.0). From a registry of packages
 * there is that of Traefik 2, which says the same of all that Berth uses; BERTH_TRAEFIK_SCHEMA names a copy of another,
 * such as https://www.schemastore.org/traefik-v3-file-provider.json.
 */
import { fileURLToPath } from "node:url";

const packaged = "schemastore/schemas/json/traefik-v2-file-provider.json";

/** Path of the file. */
export function publishedSchemaFile(): string {
  return process.env["BERTH_TRAEFIK_SCHEMA"] ?? fileURLToPath(import.meta.resolve(packaged));
}
