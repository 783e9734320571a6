/** The table of contents: every command with its summary. A command's own file is loaded only when it is asked for. */
import type { Command } from "./define-command.ts";

export interface CommandEntry {
  summary: string;
  load(): Promise<{ default: Command }>;
}
export interface GroupEntry {
  summary: string;
  /** What the group's own name does when no command of it follows. Its first argument is never the name of one. */
  itself?: CommandEntry;
  commands: Readonly<Record<string, CommandEntry>>;
}
export type Entry = CommandEntry | GroupEntry;

export const commandTree: Readonly<Record<string, Entry>> = {
  serve: {
    summary: "Run the controller, or install it as a systemd service",
    load: () => import("./commands/serve.ts"),
  },
  apply: {
    summary: "Make the fleet what a fleet file says",
    load: () => import("./commands/apply.ts"),
  },
  status: {
    summary: "Nodes and instances with their states",
    load: () => import("./commands/status.ts"),
  },
  top: {
    summary: "What uses CPU, memory, network and disk at this moment, live",
    load: () => import("./commands/top.ts"),
  },
  metrics: {
    summary: "What an instance, a tenant or a node used over a longer time",
    load: () => import("./commands/metrics.ts"),
  },
  usage: {
    summary: "What each tenant uses, over all nodes and shared stores",
    load: () => import("./commands/usage.ts"),
  },
  capacity: {
    summary: "What nodes and hosts have against what instances may use, and how many more tenants fit",
    load: () => import("./commands/capacity.ts"),
  },
  node: {
    summary: "Hosts with an agent",
    commands: {
      list: { summary: "Nodes with their states", load: () => import("./commands/node-list.ts") },
      show: { summary: "One node with its instances", load: () => import("./commands/node-show.ts") },
      add: { summary: "Take a host that exists into the fleet, by SSH", load: () => import("./commands/node-add.ts") },
      remove: {
        summary: "Revoke a node's certificate and forget it",
        load: () => import("./commands/node-remove.ts"),
      },
      token: {
        summary: "Print the line that installs an agent on a host nobody can reach",
        load: () => import("./commands/node-token.ts"),
      },
      "upgrade-agent": {
        summary: "Replace a node's agent by the controller's version",
        load: () => import("./commands/node-upgrade-agent.ts"),
      },
    },
  },
  tenant: {
    summary: "Isolated users, each with a node, instances, databases, collections, buckets and keys of its own",
    commands: {
      list: { summary: "Tenants with their states", load: () => import("./commands/tenant-list.ts") },
      show: { summary: "One tenant with all it has", load: () => import("./commands/tenant-show.ts") },
      add: {
        summary: "Take tenants in: LXC, agent, databases, collections, buckets, keys, instances, routes",
        load: () => import("./commands/tenant-add.ts"),
      },
      remove: { summary: "Remove all that a tenant has", load: () => import("./commands/tenant-remove.ts") },
      suspend: {
        summary: "Take a tenant's instances down and keep what it has",
        load: () => import("./commands/tenant-suspend.ts"),
      },
      resume: { summary: "Bring a suspended tenant back", load: () => import("./commands/tenant-resume.ts") },
      "set-key": {
        summary: "Give a tenant its OpenRouter key",
        load: () => import("./commands/tenant-set-key.ts"),
      },
    },
  },
  inventory: {
    summary: "Nodes, tenants and instances as data, also for Ansible",
    load: () => import("./commands/inventory.ts"),
  },
  event: {
    summary: "What happened in the fleet",
    commands: {
      list: { summary: "Events, the newest last", load: () => import("./commands/event-list.ts") },
    },
  },
  run: {
    summary: "Plans being carried out, and those that were",
    commands: {
      list: { summary: "Runs, newest first", load: () => import("./commands/run-list.ts") },
      show: { summary: "One run with its steps", load: () => import("./commands/run-show.ts") },
      logs: { summary: "Log lines of a run", load: () => import("./commands/run-logs.ts") },
      cancel: { summary: "Cancel what has not ended", load: () => import("./commands/run-cancel.ts") },
      resume: {
        summary: "Carry on with what failed, was cancelled or skipped",
        load: () => import("./commands/run-resume.ts"),
      },
    },
  },
  route: {
    summary: "How instances are reached by name",
    commands: {
      list: { summary: "Every route, tested as its users open it", load: () => import("./commands/route-list.ts") },
      token: {
        summary: "How Traefik is set up to take its routes from the controller",
        load: () => import("./commands/route-token.ts"),
      },
    },
  },
  alert: {
    summary: "What is amiss, who is told, and what is silenced",
    commands: {
      list: { summary: "What is amiss, and what was lately", load: () => import("./commands/alert-list.ts") },
      test: {
        summary: "Send receivers a test message, and tell what they answered",
        load: () => import("./commands/alert-test.ts"),
      },
      silence: { summary: "Have nobody told for a while", load: () => import("./commands/alert-silence.ts") },
      silences: { summary: "Silences in force", load: () => import("./commands/alert-silences.ts") },
      unsilence: { summary: "End a silence", load: () => import("./commands/alert-unsilence.ts") },
    },
  },
  prometheus: {
    summary: "How Prometheus is set up to scrape the controller",
    load: () => import("./commands/prometheus.ts"),
  },
  stop: { summary: "Take instances down, and keep what they hold", load: () => import("./commands/stop.ts") },
  start: { summary: "Bring stopped instances back", load: () => import("./commands/start.ts") },
  restart: { summary: "Stop instances and start them again", load: () => import("./commands/restart.ts") },
  logs: { summary: "Log lines of an instance", load: () => import("./commands/logs.ts") },
  exec: { summary: "Run a command inside an instance", load: () => import("./commands/exec.ts") },
  secret: {
    summary: "Passwords, keys and tokens that Berth keeps",
    commands: {
      list: { summary: "Every secret with its age and what uses it", load: () => import("./commands/secret-list.ts") },
      show: { summary: "One secret, or its value", load: () => import("./commands/secret-show.ts") },
      set: { summary: "Take over a value that exists elsewhere", load: () => import("./commands/secret-set.ts") },
      rotate: {
        summary: "Give a secret, or those of an instance, a new value",
        load: () => import("./commands/secret-rotate.ts"),
      },
      "rotate-key": {
        summary: "Encrypt every secret with a new key",
        load: () => import("./commands/secret-rotate-key.ts"),
      },
    },
  },
  backup: {
    summary: "Copies of what tenants and shared services hold, each in a repository of its own",
    commands: {
      create: {
        summary: "Back up a tenant, an instance, or everything",
        load: () => import("./commands/backup-create.ts"),
      },
      list: {
        summary: "Backups with their age, size and state, and whose are late",
        load: () => import("./commands/backup-list.ts"),
      },
      show: { summary: "One backup with its parts", load: () => import("./commands/backup-show.ts") },
      verify: {
        summary: "Read repositories whole and check what they hold",
        load: () => import("./commands/backup-verify.ts"),
      },
      drill: {
        summary: "Prove that backups come back, by restoring them into throw-away stores",
        load: () => import("./commands/backup-drill.ts"),
      },
      prune: {
        summary: "Remove backups that are no longer kept",
        load: () => import("./commands/backup-prune.ts"),
      },
    },
  },
  controller: {
    summary: "The controller itself: its backup, the key that opens it, and rebuilding it when it is lost",
    commands: {
      backup: {
        summary: "Back the controller itself up",
        load: () => import("./commands/controller-backup.ts"),
      },
      restore: {
        summary: "Rebuild a lost controller from its backup, on a machine where none runs",
        load: () => import("./commands/controller-restore.ts"),
      },
      "recovery-key": {
        summary: "Print the key that opens the controller's backups",
        load: () => import("./commands/controller-recovery-key.ts"),
      },
    },
  },
  restore: {
    summary: "Bring a tenant or an instance back to what a backup holds",
    load: () => import("./commands/restore.ts"),
  },
  upgrade: {
    summary: "Move a service's instances to another version, one first, then in batches",
    itself: {
      summary: "Move a service's instances to another version, one first, then in batches",
      load: () => import("./commands/upgrade.ts"),
    },
    commands: {
      check: {
        summary: "Which instances are behind, by the versions that registries have and what these lead to",
        load: () => import("./commands/upgrade-check.ts"),
      },
      list: {
        summary: "Upgrades, newest first, and what became of each instance",
        load: () => import("./commands/upgrade-list.ts"),
      },
      hold: { summary: "Keep an instance on its version", load: () => import("./commands/upgrade-hold.ts") },
      release: {
        summary: "Let an instance that is held go along with the next upgrade",
        load: () => import("./commands/upgrade-release.ts"),
      },
    },
  },
  fleet: {
    summary: "The fleet file",
    commands: {
      export: {
        summary: "The present desired state as a fleet file",
        load: () => import("./commands/fleet-export.ts"),
      },
      schema: {
        summary: "JSON Schema of fleet files, for editors",
        load: () => import("./commands/fleet-schema.ts"),
      },
      check: { summary: "Look for mistakes in a fleet file, offline", load: () => import("./commands/fleet-check.ts") },
    },
  },
  catalog: {
    summary: "Services that Berth and the fleet know",
    commands: {
      list: { summary: "Every service of the catalog", load: () => import("./commands/catalog-list.ts") },
      show: {
        summary: "Containers, needs, secrets, environment, backup and upgrade rules of a service",
        load: () => import("./commands/catalog-show.ts"),
      },
    },
  },
  login: {
    summary: "Log in to a controller on another machine",
    load: () => import("./commands/login.ts"),
  },
  logout: {
    summary: "End the login and forget its token",
    load: () => import("./commands/logout.ts"),
  },
  account: {
    summary: "Who may use Berth",
    commands: {
      list: { summary: "Every account with its role", load: () => import("./commands/account-list.ts") },
      set: {
        summary: "Make an account, or change its role or password",
        load: () => import("./commands/account-set.ts"),
      },
      remove: { summary: "Remove an account", load: () => import("./commands/account-remove.ts") },
    },
  },
  token: {
    summary: "Access tokens: what scripts log in with",
    commands: {
      list: { summary: "Your access tokens, and for an admin all", load: () => import("./commands/token-list.ts") },
      create: { summary: "Make an access token, and print it once", load: () => import("./commands/token-create.ts") },
      remove: { summary: "End an access token at once", load: () => import("./commands/token-remove.ts") },
    },
  },
  completion: {
    summary: "Completion for bash or zsh",
    load: () => import("./commands/completion.ts"),
  },
};

export function isGroup(entry: Entry): entry is GroupEntry {
  return "commands" in entry;
}

/** Every command with the words that name it, in order. */
export function allCommands(): { words: string[]; entry: CommandEntry }[] {
  return Object.entries(commandTree).flatMap(([name, entry]) =>
    isGroup(entry)
      ? [
          ...(entry.itself === undefined ? [] : [{ words: [name], entry: entry.itself }]),
          ...Object.entries(entry.commands).map(([verb, command]) => ({ words: [name, verb], entry: command })),
        ]
      : [{ words: [name], entry }],
  );
}
