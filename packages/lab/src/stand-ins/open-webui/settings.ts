import { randomBytes } from "node:crypto";
import type { BucketAccess } from "../base/bucket.ts";

/** The part of Open WebUI's environment that Berth sets. */
export interface Settings {
  port: number;
  dataDirectory: string;
  secretKey: string;
  /** Whether the key was made at this start: sessions then end with the container, as with the real one. */
  secretKeyIsNew: boolean;
  /** Host and port of a database server, or undefined for webui.db. */
  databaseServer?: { host: string; port: number };
  ollamaBaseUrls: readonly string[];
  openaiBaseUrls: readonly string[];
  openaiKeyCount: number;
  vectorDatabase: string;
  /** `prefix` stands before the names of its collections, with a '_' between. */
  qdrant?: { uri: string; apiKey?: string; prefix: string };
  /** For files; undefined: they stay in the data folder. */
  objectStore?: BucketAccess & { keyPrefix: string };
  /** With `<query>` where the words go; undefined: no web search. */
  searxngQueryUrl?: string;
  /** Who is made at the first start. */
  administrator?: { email: string; password: string };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment; an unusable value is an error that names the variable and never shows a secret. */
export function readSettings(environment: Environment): Settings {
  const port = Number(environment["PORT"] ?? "8080");
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error("PORT must be a number from 1 to 65535");
  const vectorDatabase = environment["VECTOR_DB"] ?? "chroma";
  const qdrantUri = environment["QDRANT_URI"];
  if (vectorDatabase === "qdrant" && qdrantUri === undefined) throw new Error("VECTOR_DB=qdrant needs QDRANT_URI");
  if (qdrantUri !== undefined) requireUrl("QDRANT_URI", qdrantUri);
  const qdrantKey = environment["QDRANT_API_KEY"];
  const objectStore = readObjectStore(environment);
  const searxngQueryUrl = readSearch(environment);
  const administrator = readAdministrator(environment);
  const databaseServer = parseDatabaseServer(environment["DATABASE_URL"]);
  const givenKey = environment["WEBUI_SECRET_KEY"] ?? "";
  return {
    port,
    dataDirectory: environment["DATA_DIR"] ?? "/app/backend/data",
    secretKey: givenKey === "" ? randomBytes(32).toString("base64") : givenKey,
    secretKeyIsNew: givenKey === "",
    ...(databaseServer === undefined ? {} : { databaseServer }),
    ollamaBaseUrls: isOn(environment, "ENABLE_OLLAMA_API", true)
      ? urls(environment, "OLLAMA_BASE_URLS", "OLLAMA_BASE_URL")
      : [],
    openaiBaseUrls: isOn(environment, "ENABLE_OPENAI_API", true)
      ? urls(environment, "OPENAI_API_BASE_URLS", "OPENAI_API_BASE_URL")
      : [],
    openaiKeyCount: list(environment["OPENAI_API_KEYS"] ?? environment["OPENAI_API_KEY"]).length,
    vectorDatabase,
    ...(vectorDatabase !== "qdrant" || qdrantUri === undefined
      ? {}
      : {
          qdrant: {
            uri: qdrantUri,
            prefix: environment["QDRANT_COLLECTION_PREFIX"] ?? "open-webui",
            ...(qdrantKey === undefined ? {} : { apiKey: qdrantKey }),
          },
        }),
    ...(objectStore === undefined ? {} : { objectStore }),
    ...(searxngQueryUrl === undefined ? {} : { searxngQueryUrl }),
    ...(administrator === undefined ? {} : { administrator }),
  };
}

/** As Python reads it: "True". */
function isOn(environment: Environment, name: string, fallback: boolean): boolean {
  const value = environment[name];
  return value === undefined ? fallback : value.toLowerCase() === "true";
}

function readObjectStore(environment: Environment): Settings["objectStore"] {
  const provider = environment["STORAGE_PROVIDER"] ?? "local";
  if (provider === "local" || provider === "") return undefined;
  if (provider !== "s3") throw new Error("STORAGE_PROVIDER must be s3 or local: the stand-in knows no other");
  const required = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === "") throw new Error(`STORAGE_PROVIDER=s3 needs ${name}`);
    return value;
  };
  const endpoint = required("S3_ENDPOINT_URL");
  requireUrl("S3_ENDPOINT_URL", endpoint);
  return {
    endpoint: new URL(endpoint),
    region: environment["S3_REGION_NAME"] ?? "us-east-1",
    accessKey: required("S3_ACCESS_KEY_ID"),
    secretKey: required("S3_SECRET_ACCESS_KEY"),
    bucket: required("S3_BUCKET_NAME"),
    keyPrefix: environment["S3_KEY_PREFIX"] ?? "",
  };
}

function readSearch(environment: Environment): string | undefined {
  if (!isOn(environment, "ENABLE_WEB_SEARCH", false) || environment["WEB_SEARCH_ENGINE"] !== "searxng")
    return undefined;
  const url = environment["SEARXNG_QUERY_URL"];
  if (url === undefined) throw new Error("WEB_SEARCH_ENGINE=searxng needs SEARXNG_QUERY_URL");
  requireUrl("SEARXNG_QUERY_URL", url);
  return url;
}

function readAdministrator(environment: Environment): Settings["administrator"] {
  const [email, password] = [environment["WEBUI_ADMIN_EMAIL"], environment["WEBUI_ADMIN_PASSWORD"]];
  if (email === undefined || password === undefined) return undefined;
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email)) throw new Error("WEBUI_ADMIN_EMAIL must be an address");
  return { email, password };
}

function parseDatabaseServer(url: string | undefined): Settings["databaseServer"] {
  if (url === undefined || url.startsWith("sqlite:")) return undefined;
  const parsed = URL.parse(url);
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new Error("DATABASE_URL must begin with sqlite:// or postgresql://, its password URL-encoded");
  }
  return { host: parsed.hostname, port: parsed.port === "" ? 5432 : Number(parsed.port) };
}

/** Several URLs are separated by semicolons, as Open WebUI has it. */
function list(value: string | undefined): string[] {
  return (value ?? "").split(";").filter((part) => part !== "");
}

function urls(environment: Environment, ...names: string[]): string[] {
  const name = names.find((candidate) => environment[candidate] !== undefined);
  if (name === undefined) return [];
  const values = list(environment[name]);
  for (const value of values) requireUrl(name, value);
  return values;
}

function requireUrl(name: string, value: string): void {
  if (!URL.canParse(value)) throw new Error(`${name} holds something that is not a URL`);
}
