import { createHash } from "node:crypto";
import { installDirectory, stateDirectory } from "./paths.ts";

/**
 * For the agent a small heap counts more than speed. Given to the process that stays, not to the short-lived ones it
 * starts.
 */
const nodeFlags = [
  "--max-old-space-size=128",
  "--max-semi-space-size=1",
  // With it the agent tidies its memory at rest: a seventh of its weight.
  "--expose-gc",
  // It waits for most of its time: compilers and their threads cost more memory than they give back in time.
  "--no-opt",
  "--no-sparkplug",
  "--no-maglev",
  "--v8-pool-size=0",
  "--no-node-snapshot",
  "--disable-warning=ExperimentalWarning",
];

/**
 * The agent's systemd unit. It must be root's, since Docker's socket is, but it sees the host read-only but for its own
 * directories and Docker's registry certificates, and holds no more capabilities than reading every process's files,
 * changing the packet filter and copying volumes take. Nothing here needs what an LXC with nesting does not give.
 */
export function renderUnit(): string {
  return `# Written by Berth; the next installation of the agent replaces it.
[Unit]
Description=Berth agent
Wants=network-online.target docker.service
After=network-online.target docker.service
# It never gives up: the controller may be away for days.
StartLimitIntervalSec=0

[Service]
Type=exec
# One heap that gives back what it does not use.
Environment=MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=16384 MALLOC_TRIM_THRESHOLD_=16384 UV_THREADPOOL_SIZE=1
ExecStart=${installDirectory}/node ${nodeFlags.join(" ")} ${installDirectory}/current/agent.mjs run
Restart=always
RestartSec=2
TimeoutStopSec=20
UMask=0077
StateDirectory=berth-agent
StateDirectoryMode=0700

MemoryMax=384M
TasksMax=128
LimitNOFILE=65536
OOMScoreAdjust=-500

NoNewPrivileges=yes
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_PTRACE CAP_CHOWN CAP_FOWNER CAP_NET_ADMIN
# Copies of volumes keep the bits setuid and setgid, and the capabilities of files.
CapabilityBoundingSet=CAP_FSETID CAP_SETFCAP
ProtectSystem=strict
ReadWritePaths=${installDirectory} /etc/docker/certs.d
# A restored volume takes the place of the former one, and a copy of it is made before an upgrade.
ReadWritePaths=-/var/lib/docker/volumes
ProtectHome=yes
PrivateTmp=yes
ProtectControlGroups=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

/**
 * The unit that loads the node's firewall at boot, as the agent left it: before the network is up, and before Docker
 * starts containers by itself. It waits for nothing but its file and other rulesets, which begin by flushing all, so
 * nothing can wait for each other; Docker is only ordered behind it, and starts also when it fails.
 */
export function renderFirewallUnit(): string {
  const ruleset = `${stateDirectory}/firewall.nft`;
  return `# Written by Berth; the next installation of the agent replaces it.
[Unit]
Description=Berth firewall
ConditionPathExists=${ruleset}
DefaultDependencies=no
RequiresMountsFor=${stateDirectory}
After=nftables.service
Wants=network-pre.target
Before=network-pre.target docker.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f ${ruleset}
TimeoutStartSec=30

[Install]
WantedBy=sysinit.target
`;
}

/** SHA-256 of the text of both units, hex: what the shell function `units_sum` says of the files on the host. */
export function unitHash(): string {
  return createHash("sha256").update(renderUnit()).update(renderFirewallUnit()).digest("hex");
}
