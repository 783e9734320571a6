/** The part of Qdrant's environment (config/config.yaml, each key as QDRANT__SECTION__KEY) that Berth sets. */
export interface Settings {
  /** null: every address of the machine. */
  host: string | null;
  /** 0: any that is free. */
  port: number;
  storageDirectory: string;
  snapshotsDirectory: string;
  keys: Keys;
}

export interface Keys {
  /** Give every right. None of any kind: everybody has every right, as with the original. */
  readWrite: readonly string[];
  readOnly: readonly string[];
  /** What tokens may be signed with; none while JWT_RBAC is off. */
  signing: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** An unusable value is an error that names the variable and never shows a key. */
export function readSettings(environment: Environment): Settings {
  const port = Number(environment["QDRANT__SERVICE__HTTP_PORT"] ?? "6333");
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error("QDRANT__SERVICE__HTTP_PORT must be a number from 1 to 65535");
  }
  const readWrite = given(environment, "QDRANT__SERVICE__API_KEY", "QDRANT__SERVICE__ALT_API_KEY");
  return {
    host: null,
    port,
    storageDirectory: environment["QDRANT__STORAGE__STORAGE_PATH"] ?? "./storage",
    snapshotsDirectory: environment["QDRANT__STORAGE__SNAPSHOTS_PATH"] ?? "./snapshots",
    keys: {
      readWrite,
      readOnly: given(environment, "QDRANT__SERVICE__READ_ONLY_API_KEY"),
      signing: flag(environment, "QDRANT__SERVICE__JWT_RBAC") ? readWrite : [],
    },
  };
}

/** An empty key counts as none. */
function given(environment: Environment, ...names: string[]): string[] {
  return names.map((name) => environment[name] ?? "").filter((value) => value !== "");
}

function flag(environment: Environment, name: string): boolean {
  const value = environment[name] ?? "false";
  if (value !== "true" && value !== "false") throw new Error(`${name} must be true or false`);
  return value === "true";
}
