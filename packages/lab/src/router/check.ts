/** What the router takes for a configuration: it refuses what Traefik would not understand, as a whole. */
import { readFile } from "node:fs/promises";
import { traefikConfigurationSchema, type TraefikConfiguration } from "@berth/shared/routes/traefik";
import { Ajv } from "ajv";
import AjvDraft04 from "ajv-draft-04";
import * as z from "zod";
import { refusal } from "./refusal.ts";
import { routingTable } from "./table.ts";

/** Throws `protocol.invalid` with what is wrong. */
export type CheckConfiguration = (document: unknown) => TraefikConfiguration;

const jsonSchemaSchema = z.record(z.string(), z.unknown());

/**
 * `publishedSchema` is a file with Traefik's own schema for dynamic configuration, see published-schema.ts; null: only
 * what Berth uses of it is known, and everything else is refused.
 */
export async function createCheck(publishedSchema: string | null): Promise<CheckConfiguration> {
  const refusedByTraefik = publishedSchema === null ? () => null : await readPublished(publishedSchema);
  return (document) => {
    const reason = refusedByTraefik(document);
    if (reason !== null) throw refusal(reason);
    const parsed = traefikConfigurationSchema.safeParse(document);
    if (!parsed.success) throw refusal(z.prettifyError(parsed.error).replaceAll(/\s+/g, " "));
    // Rules and names that lead nowhere are found as the table is made.
    routingTable(parsed.data);
    return parsed.data;
  };
}

async function readPublished(file: string): Promise<(document: unknown) => string | null> {
  const schema = jsonSchemaSchema.parse(JSON.parse(await readFile(file, "utf8")));
  const isDraft04 = String(schema["$schema"]).includes("draft-04");
  const ajv = isDraft04 ? new AjvDraft04.default({ strict: false }) : new Ajv({ strict: false });
  const validate = ajv.compile(schema);
  return (document) => (validate(document) ? null : ajv.errorsText(validate.errors, { dataVar: "configuration" }));
}
