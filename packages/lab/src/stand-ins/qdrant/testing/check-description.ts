/**
 * Holds what the stand-in takes and answers against Qdrant's own description of its API: openapi.json, which its
 * repository has in docs/redoc/v1.19.x (Apache-2.0) and Berth does not carry.
 *
 *     node packages/lab/src/stand-ins/qdrant/testing/check-description.ts openapi.json
 *
 * The answers' types are checked against the same description at each compilation: `Schemas` of
 * @qdrant/js-client-rest is generated from it.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { isObject, type JsonObject, parseObject } from "../json.ts";
import { startQdrant } from "../start.ts";
import { exchanges, perform, type Answered, type Exchange } from "./exchanges.ts";

const key = "key";

async function main(file: string): Promise<void> {
  const description = parseObject(readFileSync(file, "utf8"));
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(toJsonSchema(description), "description");
  const directory = mkdtempSync(join(tmpdir(), "berth-qdrant-"));
  const qdrant = await startQdrant({
    ...{ host: "127.0.0.1", port: 0, keys: { readWrite: [key], readOnly: [], signing: [key] } },
    ...{ storageDirectory: join(directory, "storage"), snapshotsDirectory: join(directory, "snapshots") },
  });
  let differences = 0;
  try {
    for (const exchange of exchanges) {
      const answered = await perform(exchange, `http://127.0.0.1:${qdrant.port}`, key);
      const found = check(exchange, answered, description, ajv);
      differences += found.length;
      process.stdout.write(
        `${found.length === 0 ? "as described" : "DIFFERS     "}  ${exchange.method} ${exchange.operation} ${answered.status}\n`,
      );
      for (const difference of found) process.stdout.write(`    ${difference}\n`);
    }
  } finally {
    await qdrant.stop();
    rmSync(directory, { recursive: true });
  }
  process.stdout.write(`${exchanges.length} exchanges, ${differences} differences\n`);
  process.exitCode = differences === 0 ? 0 : 1;
}

function check(exchange: Exchange, answered: Answered, description: JsonObject, ajv: Ajv): string[] {
  const { method, operation, status, body } = exchange;
  const where = ["paths", operation, method.toLowerCase()];
  if (at(description, where) === undefined) return ["is not described"];
  const responses = [...where, "responses"];
  const answer = [String(answered.status), `${String(answered.status)[0]}XX`, "default"].find(
    (name) => at(description, [...responses, name]) !== undefined,
  );
  const content = ["content", "application/json", "schema"];
  return [
    ...(answered.status === status
      ? []
      : [`answered ${answered.status}, not ${status}: ${JSON.stringify(answered.body)}`]),
    // A request that is to be refused may be wrong on purpose.
    ...(body === undefined || status >= 400 ? [] : errors(ajv, [...where, "requestBody", ...content], body, "request")),
    ...(answer === undefined
      ? ["its status is not described"]
      : errors(ajv, [...responses, answer, ...content], answered.body, "answer")),
  ];
}

function errors(ajv: Ajv, path: readonly string[], value: unknown, what: string): string[] {
  const pointer = path.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
  const validate = ajv.compile({ $ref: `description#/${pointer}` });
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${what}${instancePath} ${message}`);
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((found, part) => (isObject(found) ? found[part] : undefined), value);
}

/** OpenAPI 3.0 says `nullable: true` where JSON Schema has the type "null". */
function toJsonSchema(value: unknown): JsonObject {
  const converted = convert(value);
  return isObject(converted) ? converted : {};
}

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  if (!isObject(value)) return value;
  const { nullable, ...rest } = value;
  const converted = Object.fromEntries(Object.entries(rest).map(([name, inner]) => [name, convert(inner)]));
  if (nullable !== true) return converted;
  const hasShape = ["type", "anyOf", "oneOf", "allOf", "$ref"].some((name) => name in converted);
  return hasShape ? { anyOf: [converted, { type: "null" }] } : { type: "null" };
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("Name the file openapi.json of Qdrant's repository\n");
  process.exitCode = 2;
} else await main(file);
