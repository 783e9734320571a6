import { dirname, resolve } from "node:path";
import { serveArguments } from "../../serve/arguments.ts";
import type { ServeOptions } from "../../serve/options.ts";
import { systemSocket } from "../client/target.ts";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { ensureSmallHeap } from "../service/heap.ts";
import { unitName } from "../service/unit.ts";

export default defineCommand({
  details:
    "Everything is kept in the state directory (embedded SQLite); no other service is needed. " +
    "--install writes and enables a hardened systemd unit that runs the controller with the same options; --uninstall removes it and keeps the state.",
  options: {
    state: { kind: "text", value: "DIR", default: "/var/lib/berth", completes: "file", description: "State directory" },
    configuration: {
      kind: "text",
      value: "DIR",
      default: "/etc/berth",
      completes: "file",
      description: "Directory that a fleet file's relative paths start from",
    },
    socket: {
      kind: "text",
      value: "PATH",
      default: systemSocket,
      completes: "file",
      description: "Unix socket for the CLI on this machine",
    },
    page: {
      kind: "text",
      value: "HOST:PORT",
      default: "127.0.0.1:8420",
      description: "Where page and API are served without TLS; also unix:PATH",
    },
    agents: {
      kind: "text",
      value: "HOST:PORT",
      default: "0.0.0.0:8421",
      description: "Where agents and remote CLIs connect, with TLS",
    },
    registryMirror: {
      kind: "text",
      value: "HOST:PORT",
      description: "Registry in front of every image, for fleets that name none",
    },
    registryMirrorCa: { kind: "text", value: "FILE", completes: "file", description: "PEM of the mirror's CA" },
    install: { kind: "flag", description: "Make it a systemd service, and start it" },
    uninstall: { kind: "flag", description: "Remove the systemd service" },
  },
  examples: [
    { command: "berth serve --state ./state", does: "run it here until Ctrl-C" },
    { command: "sudo berth serve --install", does: "run it now and at every start of the machine" },
  ],
  async run({ input }) {
    if (input.install && input.uninstall) throw usageError("--install and --uninstall exclude each other.");
    if (input.uninstall) {
      const { uninstallService } = await import("../service/install.ts");
      return { action: "uninstall" as const, unit: unitName, changed: await uninstallService() };
    }
    const options = serveOptions(input);
    if (input.install) {
      const { installService } = await import("../service/install.ts");
      await installService({
        command: serviceCommand(options),
        socket: options.socket,
        stateDirectory: options.stateDirectory,
        ports: [options.agents.port, ...("port" in options.page ? [options.page.port] : [])],
        socketDirectories: [options.socket, ...("socket" in options.page ? [options.page.socket] : [])].map(dirname),
      });
      return { action: "install" as const, unit: unitName, changed: true };
    }
    ensureSmallHeap();
    const { serve } = await import("../../serve.ts");
    await serve(options);
    // All is closed. What a receiver of traces that hangs has not answered would keep the process for long.
    return process.exit(0);
  },
  render({ action, unit, changed }) {
    if (!changed) return [`${unit} was not installed.`];
    return [
      action === "install"
        ? `${unit} is installed and runs. See it with: berth status, journalctl --unit ${unit}.`
        : `${unit} is removed. Its state directory was kept.`,
    ];
  },
});

interface ServeInput {
  state: string;
  configuration: string;
  socket: string;
  page: string;
  agents: string;
  registryMirror: string | undefined;
  registryMirrorCa: string | undefined;
}

/** Paths are made absolute: the service does not start where the command was given. */
export function serveOptions(input: ServeInput): ServeOptions {
  return {
    stateDirectory: resolve(input.state),
    configurationDirectory: resolve(input.configuration),
    socket: resolve(input.socket),
    page: input.page.startsWith("unix:")
      ? { socket: resolve(input.page.slice("unix:".length)) }
      : parseListen(input.page),
    agents: parseListen(input.agents),
    registryMirror: input.registryMirror ?? null,
    registryMirrorCaFile: input.registryMirrorCa === undefined ? null : resolve(input.registryMirrorCa),
  };
}

/** This very program, with the same options. */
export function serviceCommand(options: ServeOptions): string[] {
  return [process.execPath, resolve(process.argv[1] ?? "berth"), "serve", ...serveArguments(options)];
}

type HostPort = ServeOptions["agents"];

/** `127.0.0.1:8420`, `[::]:8421` */
function parseListen(text: string): HostPort {
  const match = /^(?:\[(?<bracketed>[\da-fA-F:]+)\]|(?<plain>[^:[\]\s]+)):(?<port>\d{1,5})$/.exec(text);
  const host = match?.groups?.["bracketed"] ?? match?.groups?.["plain"];
  const port = Number(match?.groups?.["port"]);
  if (host === undefined || port > 65_535) {
    throw usageError(`'${text}' is not HOST:PORT.`, "Write it as 127.0.0.1:8420.");
  }
  return { host, port };
}
