import { randomBytes } from "node:crypto";

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
  qdrantUri?: string;
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
  const databaseServer = parseDatabaseServer(environment["DATABASE_URL"]);
  const givenKey = environment["WEBUI_SECRET_KEY"] ?? "";
  return {
    port,
    dataDirectory: environment["DATA_DIR"] ?? "/app/backend/data",
    secretKey: givenKey === "" ? randomBytes(32).toString("base64") : givenKey,
    secretKeyIsNew: givenKey === "",
    ...(databaseServer === undefined ? {} : { databaseServer }),
    ollamaBaseUrls: urls(environment, "OLLAMA_BASE_URLS", "OLLAMA_BASE_URL"),
    openaiBaseUrls: urls(environment, "OPENAI_API_BASE_URLS", "OPENAI_API_BASE_URL"),
    openaiKeyCount: list(environment["OPENAI_API_KEYS"] ?? environment["OPENAI_API_KEY"]).length,
    vectorDatabase,
    ...(qdrantUri === undefined ? {} : { qdrantUri }),
  };
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
