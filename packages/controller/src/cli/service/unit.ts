/** The systemd unit of the controller. Pure. */

export const unitName = "berth.service";
/** Made by systemd at start, removed at stop. */
const runtimeDirectory = "/run/berth";
export const unitPath = `/etc/systemd/system/${unitName}`;

const firstUnprivilegedPort = 1024;

export interface UnitOptions {
  /** Program and arguments. */
  command: readonly string[];
  /** The controller's state; made when it is absent. */
  stateDirectory: string;
  /** Directories of its sockets. */
  socketDirectories: readonly string[];
  /** TCP ports that it listens on. */
  ports: readonly number[];
}

/**
 * Root without capabilities, but for a low port's: it may read the root-only files that a fleet names (token, SSH key) and nothing else that
 * needs privilege. V8 compiles at run time, hence no MemoryDenyWriteExecute.
 */
export function unitFile({ command, stateDirectory, socketDirectories, ports }: UnitOptions): string {
  const capabilities = ports.some((port) => port < firstUnprivilegedPort) ? "CAP_NET_BIND_SERVICE" : "";
  const writable = [...new Set([stateDirectory, ...socketDirectories])].filter((path) => path !== runtimeDirectory);
  return `[Unit]
Description=Berth controller
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
SyslogIdentifier=berth
ExecStart=${command.map(quoteArgument).join(" ")}
Restart=always
RestartSec=2
TimeoutStopSec=30
UMask=0077
RuntimeDirectory=berth
ReadWritePaths=${writable.map(quoteArgument).join(" ")}
LimitNOFILE=65536
CapabilityBoundingSet=${capabilities}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
PrivateDevices=yes
PrivateTmp=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

/** systemd.service(5), "Command lines": quotes, backslashes, specifiers and variables. */
export function quoteArgument(argument: string): string {
  const escaped = argument
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("%", "%%")
    .replaceAll("$", "$$$$")
    .replaceAll("\n", "\\n");
  return /^[\w./:@=+-]+$/.test(argument) ? argument : `"${escaped}"`;
}
