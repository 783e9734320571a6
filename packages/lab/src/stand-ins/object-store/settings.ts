import { parseArgs } from "node:util";

/** What MinIO reads of its arguments and environment, as far as Berth sets it. */
export interface Settings {
  dataDirectory: string;
  /** 0: any free one. */
  port: number;
  consolePort: number;
  /** undefined: all interfaces. */
  host?: string;
  rootUser: string;
  rootPassword: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `server [--address :9000] [--console-address :9001] DIRECTORY`. An error names what is wrong and shows no secret. */
export function readSettings(args: readonly string[], environment: Environment): Settings {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      address: { type: "string", default: ":9000" },
      "console-address": { type: "string", default: ":9001" },
    },
  });
  const [command, dataDirectory, ...rest] = positionals;
  if (command !== "server" || dataDirectory === undefined || rest.length > 0) {
    throw new Error("Start it as: server [--address :9000] [--console-address :9001] DIRECTORY");
  }
  const rootUser = environment["MINIO_ROOT_USER"] ?? "minioadmin";
  const rootPassword = environment["MINIO_ROOT_PASSWORD"] ?? "minioadmin";
  if (rootUser.length < 3) throw new Error("MINIO_ROOT_USER must have at least 3 characters");
  if (rootPassword.length < 8) throw new Error("MINIO_ROOT_PASSWORD must have at least 8 characters");
  const { host, port } = parseAddress("--address", values.address);
  return {
    dataDirectory,
    port,
    consolePort: parseAddress("--console-address", values["console-address"]).port,
    ...(host === undefined ? {} : { host }),
    rootUser,
    rootPassword,
  };
}

function parseAddress(option: string, value: string): { host?: string; port: number } {
  const [, host = "", digits = ""] = /^(.*):(\d{1,5})$/.exec(value) ?? [];
  const port = Number(digits);
  if (digits === "" || port > 65_535) throw new Error(`${option} must be an address such as :9000`);
  return host === "" ? { port } : { host, port };
}
