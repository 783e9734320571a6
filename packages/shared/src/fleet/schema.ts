/** The desired state of a fleet, as `fleet.yaml` says it. `z.input` is what is written, `z.output` what the planner reads. */
import * as z from "zod";
import { alertsSchema } from "./alerts.ts";
import { backupTargetSchema } from "./backup-target.ts";
import { cronSchema, timeZoneSchema } from "./schedule.ts";
import { secretReferenceStart } from "../catalog/placeholders.ts";
import { serviceSchema } from "../catalog/schema.ts";
import { tagOf } from "../catalog/version-digest.ts";
import { nameSchema } from "../names.ts";
import { metricsSchema } from "./metrics.ts";
import {
  bridgeSchema,
  filePathSchema,
  hostSchema,
  modelNameSchema,
  nameserversSchema,
  portSchema,
  proxmoxNodeSchema,
  registrySchema,
  sshFingerprintSchema,
  sshUserSchema,
  storageSchema,
  templateVolumeSchema,
  traefikNameSchema,
} from "./formats.ts";
import { sizeFrom, sizeSchema } from "./units.ts";
import { upgradesSchema } from "./upgrades.ts";

const addressSchema = z.ipv4({ error: "must be an IPv4 address such as 10.0.6.10" });

export const controllerSchema = z
  .strictObject({
    address: hostSchema.describe("Address or DNS name at which agents reach the controller"),
    port: portSchema.default(8421).describe("Port of the controller's TLS listener for agents and remote CLIs"),
  })
  .describe("Where agents reach the controller");

export const proxmoxSchema = z
  .strictObject({
    host: hostSchema.describe("Address or DNS name of the Proxmox VE API"),
    port: portSchema.default(8006),
    node: proxmoxNodeSchema.describe("Name of the Proxmox VE node that holds the LXCs"),
    caFile: filePathSchema
      .optional()
      .describe("PEM of the CA (or of the certificate itself) that the API must present"),
    tokenId: z
      .string()
      .regex(/^[^@!\s]+@[^@!\s]+![^@!\s]+$/, { error: "must look like user@realm!tokenname" })
      .describe("API token: user@realm!tokenname"),
    tokenSecretFile: filePathSchema.describe("File with the token's secret (a UUID), mode 0600"),
    rootPasswordFile: filePathSchema
      .optional()
      .describe("File with root@pam's password; used only where a token may not act: LXC features other than nesting"),
    storage: storageSchema.default("local-lvm").describe("Storage for the LXCs' root filesystems"),
    osTemplate: templateVolumeSchema.describe(
      "Volume id of the LXC template: local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
    ),
    bridge: bridgeSchema.default("vmbr0"),
    gateway: addressSchema.optional(),
    prefixLength: z.int().min(8).max(30).default(24).describe("Network prefix length of the nodes' addresses"),
    nameserver: nameserversSchema.optional(),
  })
  .describe("A connection to a Proxmox VE host or cluster");

export const templateSchema = z
  .strictObject({
    cores: z.int().min(1).max(512),
    memory: sizeFrom("16MiB", "the least that Proxmox VE gives an LXC"),
    disk: sizeFrom("1GiB", "or the system of a node does not fit"),
    swap: sizeSchema.optional(),
    features: z.array(z.enum(["nesting", "keyctl", "fuse"])).default(["nesting"]),
  })
  .describe("Specification of an LXC");

export const sshSchema = z.strictObject({
  user: sshUserSchema.default("root"),
  port: portSchema.default(22),
  hostKey: sshFingerprintSchema
    .optional()
    .describe("SHA256:… fingerprint of the host's SSH key; pinned on first contact when left out"),
  identityFile: filePathSchema
    .optional()
    .describe("Private key on the controller's machine; Berth's own when left out"),
});

export const nodeSchema = z
  .strictObject({
    address: addressSchema,
    proxmox: nameSchema.optional().describe("Proxmox connection that makes this LXC; left out for a host that exists"),
    template: nameSchema.optional().describe("Template with the LXC's specification"),
    vmid: z.int().min(100).max(999_999_999).optional().describe("VMID; the next free one when left out"),
    ssh: z
      .union([sshSchema, z.literal(false)])
      .optional()
      .describe("false: Berth cannot reach it by SSH; its agent is installed with the line of `berth node token`"),
  })
  .describe("One host with an agent");

/** The tag of an image reference, as registries and Docker take it. */
export const imageTagSchema = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, {
  error: "must be an image tag: 1 to 128 letters, digits, '_', '.' and '-', and no '.' or '-' at its start",
});

const malformedDigest = "must have 'sha256:' and 64 digits of 0-9 and a-f behind its '@', or neither: 2.41.1@sha256:…";

/** A tag, and the digest of its image for whoever pins it: 2.41.1@sha256:… */
export const imageVersionSchema = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(?:@sha256:[0-9a-f]{64})?$/, {
  error: ({ input }) => {
    const isDigest = typeof input === "string" && input.includes("@") && imageTagSchema.safeParse(tagOf(input)).success;
    return isDigest ? malformedDigest : imageTagSchema.safeParse(input).error?.issues[0]?.message;
  },
});

export const environmentNameSchema = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: "must be a variable's name: letters, digits and '_', and no digit at its start",
});

const environmentValueSchema = z.string().refine((text) => !text.includes(secretReferenceStart), {
  error: `must not hold '${secretReferenceStart}', with which Berth itself refers to secrets`,
});

export const overridesSchema = z
  .strictObject({
    version: imageVersionSchema
      .optional()
      .describe("Image tag, or tag@sha256:… for one image of it alone; the catalog's pinned one when left out"),
    env: z
      .record(environmentNameSchema, environmentValueSchema)
      .default({})
      .describe("Environment added to the catalog's"),
    memory: sizeFrom("6MiB", "the least that Docker takes").optional().describe("Memory limit of the container"),
    cpus: z.number().min(0.01).max(512).optional().describe("How many CPUs the container may use at most"),
    hostPort: portSchema.optional().describe("Host port in place of the catalog's, for services with one port"),
  })
  .describe("What differs from the catalog");

/** Of one instance, or of a shared service. */
export const ownOverridesSchema = overridesSchema.extend({
  hold: z
    .boolean()
    .optional()
    .describe("true: `berth upgrade` passes it by, and it stays on `version`, which must stand beside it"),
  suspended: z
    .boolean()
    .optional()
    .describe("true: it is taken down and everything it holds is kept; of a shared service, its replicas too"),
});

export const sharedServiceSchema = ownOverridesSchema.extend({
  node: nameSchema.describe("Node that runs it"),
  replicas: z
    .array(nameSchema)
    .optional()
    .describe("Further nodes that run it too; its route leads to all of them, what is connected to it to `node` alone"),
  models: z.array(modelNameSchema).optional().describe("Models that Ollama pulls: llama3.2:3b"),
  bucketQuota: sizeFrom("1MiB", "less holds nothing").optional().describe("Most that each bucket of a tenant holds"),
});

export const tenantSchema = z
  .strictObject({
    node: nameSchema.describe("The tenant's own node"),
    suspended: z.boolean().default(false).describe("Its instances are taken down and everything they hold is kept"),
    services: z
      .record(nameSchema, z.union([ownOverridesSchema, z.literal(false)]))
      .default({})
      .describe("Overrides for this tenant; false leaves the service out"),
  })
  .describe("One isolated user");

export const imagesSchema = z
  .strictObject({
    mirror: registrySchema.optional().describe("Registry host:port that stands in front of every image reference"),
    caFile: filePathSchema.optional().describe("PEM of the CA of the mirror, installed on each node for Docker"),
  })
  .describe("Where images come from");

export const routesSchema = z
  .strictObject({
    pattern: z
      .string()
      .regex(/^(?:[a-z0-9-]|\{tenant\}|\{service\})*\{service\}(?:[a-z0-9-]|\{tenant\}|\{service\})*$/, {
        error: "must be of a-z, 0-9 and '-', with {service} and {tenant}: test-{tenant}-{service}",
      })
      .default("{tenant}-{service}")
      .describe("Host name under the domain; for shared services, {tenant} goes with the '-' beside it"),
    router: z
      .strictObject({
        address: addressSchema,
        port: portSchema.default(443),
        tls: z.boolean().default(true),
        caFile: filePathSchema
          .optional()
          .describe("PEM of the CA (or of the certificate itself) that it must present; left out: the machine's CAs"),
      })
      .optional()
      .describe("The Traefik that takes its routes from the controller; through it routes are tested"),
    entryPoints: z.array(nameSchema).default(["websecure"]).describe("Traefik's entry points that routes are open at"),
    certResolver: traefikNameSchema
      .optional()
      .describe("Traefik's certificate resolver; left out: its default certificate"),
    tlsOptions: z
      .union([
        traefikNameSchema.describe("Name of TLS options that Traefik has: modern@file"),
        z
          .strictObject({ minVersion: z.enum(["VersionTLS12", "VersionTLS13"]) })
          .describe("TLS options that Berth makes"),
      ])
      .optional()
      .describe("How Traefik speaks TLS on the routes; left out: its default options"),
    directory: filePathSchema
      .optional()
      .describe("Where the controller writes the routes as well, for Traefik's file provider"),
  })
  .describe("How instances are reached by name");

export const firewallSchema = z
  .strictObject({
    enabled: z.boolean().default(true),
    clients: z
      .array(z.union([addressSchema, z.cidrv4()]))
      .default(["0.0.0.0/0"])
      .describe("Networks whose machines may open tenants' services directly; nodes of other tenants never may"),
  })
  .describe("What the nodes let through");

export const backupsSchema = z
  .strictObject({
    target: backupTargetSchema.describe("Where backups are kept: best outside of the machine that runs the fleet"),
    schedule: cronSchema.default("0 2 * * *").describe("When each tenant and shared service is backed up; cron"),
    timeZone: timeZoneSchema.describe("Of the schedule"),
    spreadMinutes: z.int().min(0).max(720).default(60).describe("Over how long the starts are spread"),
    drill: z
      .union([cronSchema, z.literal(false)])
      .default("0 5 * * 0")
      .describe("When backups of each kind are restored into throw-away instances, which proves them; false: never"),
    keep: z
      .strictObject({
        daily: z.int().min(1).max(3650).default(7),
        weekly: z.int().min(0).max(520).default(4),
        monthly: z.int().min(0).max(120).default(6),
      })
      .prefault({})
      .describe("For how many days, weeks and months the last backup of each is kept"),
  })
  .describe("Backups of everything that the fleet holds");

export const fleetSchema = z
  .strictObject({
    fleet: nameSchema.describe("Name of the fleet"),
    domain: z
      .hostname({ error: "must be a domain such as example.org" })
      .describe("Domain of the routes: test-user1-n8n.<domain>"),
    routes: routesSchema.prefault({}),
    firewall: firewallSchema.prefault({}),
    controller: controllerSchema,
    proxmox: z.record(nameSchema, proxmoxSchema).default({}),
    images: imagesSchema.default({}),
    templates: z.record(nameSchema, templateSchema).default({}),
    nodes: z.record(nameSchema, nodeSchema),
    tenants: z.record(nameSchema, tenantSchema).default({}),
    services: z
      .strictObject({
        shared: z.record(nameSchema, sharedServiceSchema).default({}),
        tenant: z
          .record(
            nameSchema,
            overridesSchema.nullable().transform((value) => value ?? { env: {} }),
          )
          .default({}),
      })
      .prefault({})
      .describe("Shared services with their node, and the services every tenant gets"),
    backups: backupsSchema.optional(),
    upgrades: upgradesSchema.prefault({}),
    alerts: alertsSchema.prefault({}),
    metrics: metricsSchema.prefault({}),
    catalog: z
      .record(nameSchema, serviceSchema)
      .default({})
      .describe("Own services, as Berth's are defined; services/*.yaml beside the file come in here"),
    drift: z
      .enum(["mend", "report"])
      .default("mend")
      .describe("What an agent does when its node departs from the desired state"),
  })
  .describe("The desired state of a Berth fleet");

export type Fleet = z.output<typeof fleetSchema>;
export type FleetInput = z.input<typeof fleetSchema>;
export type ProxmoxConnection = z.output<typeof proxmoxSchema>;
export type NodeTemplate = z.output<typeof templateSchema>;
export type FleetNode = z.output<typeof nodeSchema>;
export type Overrides = z.output<typeof ownOverridesSchema>;
export type Backups = z.output<typeof backupsSchema>;
export type SshAccess = z.output<typeof sshSchema>;
