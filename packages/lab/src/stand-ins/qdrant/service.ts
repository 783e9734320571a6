/** What the server says of itself. */
import { randomUUID } from "node:crypto";
import type { Schemas } from "@qdrant/js-client-rest";

/** The release that this stands in for. */
export const version = "1.19.0";

const identity = randomUUID();
const startup = new Date().toISOString();

export const versionInfo: Schemas["VersionInfo"] = { title: "qdrant - vector search engine (stand-in)", version };

export function presentTelemetry(numberOfCollections: number): Schemas["TelemetryData"] {
  return {
    id: identity,
    app: { name: "qdrant", version, startup },
    collections: { number_of_collections: numberOfCollections },
  };
}
