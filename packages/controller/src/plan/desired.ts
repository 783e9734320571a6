/** From a validated fleet to what must exist: LXCs, agents, firewalls, needs, instances. Pure. */
import type { Catalog } from "@berth/shared/catalog/schema";
import { isSuspended, isTenantSuspended } from "@berth/shared/fleet/awake";
import { placements, type Placement } from "@berth/shared/fleet/instances";
import type { Fleet, FleetNode } from "@berth/shared/fleet/schema";
import type { FirewallSpec } from "@berth/shared/operations/firewall-ensure";
import type { OperationInput } from "@berth/shared/operations/index";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { containerSpecs } from "./containers.ts";
import { type DesiredNeed, desiredNeeds, needIds, placementNeeds, type PlacementNeeds } from "./desired-needs.ts";
import { desiredFirewalls } from "./firewall-rules.ts";
import { hashOf } from "./hash.ts";
import { operationId } from "./identify.ts";
import { type SecretNeed, secretNeeds, type TokenRule } from "./secrets.ts";

export interface DesiredNode {
  name: string;
  address: string;
  /** null: a host that exists, which Berth does not make. */
  lxc: OperationInput<"lxc.ensure"> | null;
  /** null: a host without SSH, where somebody pastes the line of `berth node token`. */
  agent: OperationInput<"agent.ensure"> | null;
}

export interface DesiredInstance {
  spec: InstanceSpec;
  /** Operations that must have succeeded before, where they are planned. */
  after: string[];
}

export interface Desired {
  nodes: DesiredNode[];
  firewalls: FirewallSpec[];
  instances: DesiredInstance[];
  needs: DesiredNeed[];
  secrets: SecretNeed[];
  /** Instances that are suspended, by name: taken down, with all they hold kept. */
  suspended: ReadonlyMap<string, Suspension>;
}

export interface Suspension {
  /** null: shared. */
  tenant: string | null;
  /** Its tenant is suspended, and all that it has with it. */
  withTenant: boolean;
}

export interface DesiredOptions {
  catalog: Catalog;
  /** Registry in front of every image, for a fleet that names none. */
  registryMirror: string | null;
  agentVersion: string;
  /** PEM of the controller's own authority. */
  controllerCa: string;
  /** Version of a secret that Berth makes: the present one, 1 for one that does not exist yet, the next one for a token that is to be made again. */
  secretVersion: (name: string, token?: TokenRule) => number;
  /** Present version of a secret that a person gives; null: none was given. */
  givenSecret: (name: string) => number | null;
}

export function desiredState(fleet: Fleet, options: DesiredOptions): Desired {
  const { catalog } = options;
  const all = placements(fleet, catalog);
  const rests = ({ tenant, service }: Placement) => isSuspended(fleet, { tenant, service: service.name });
  const [running, resting] = [all.filter((placement) => !rests(placement)), all.filter(rests)];
  const withNeeds = (placement: Placement) => ({ placement, needs: placementNeeds(fleet, placement, options) });
  const placed = running.map(withNeeds);
  const suspended = new Map(
    resting.map(({ instance, tenant }) => [instance, { tenant, withTenant: isTenantSuspended(fleet, tenant) }]),
  );
  const secrets = uniqueSecrets(placed.flatMap(({ placement, needs }) => secretNeeds(placement, needs)));
  return {
    nodes: Object.entries(fleet.nodes).map(([name, node]) => desiredNode(fleet, name, node, options)),
    firewalls: desiredFirewalls(fleet, catalog),
    instances: placed.map(({ placement, needs }) => desiredInstance(fleet, placement, needs, secrets, options)),
    // A store that is suspended has nothing made in it.
    needs: desiredNeeds(fleet, catalog, placed, resting.map(withNeeds)).filter(({ server }) => !suspended.has(server)),
    secrets: [...secrets.values()],
    suspended,
  };
}

/** An owner's instances share the key to its buckets. */
function uniqueSecrets(secrets: readonly SecretNeed[]): Map<string, SecretNeed> {
  return new Map(secrets.map((secret) => [secret.name, secret]));
}

function desiredNode(fleet: Fleet, name: string, node: FleetNode, options: DesiredOptions): DesiredNode {
  const template = node.template === undefined ? undefined : fleet.templates[node.template];
  const lxc =
    node.proxmox === undefined || template === undefined
      ? null
      : {
          node: name,
          proxmox: node.proxmox,
          vmid: node.vmid ?? null,
          address: node.address,
          cores: template.cores,
          memoryBytes: template.memory,
          swapBytes: template.swap ?? 0,
          diskBytes: template.disk,
          features: template.features,
        };
  return { name, address: node.address, lxc, agent: agentInput(name, node, options.agentVersion) };
}

/** null: a node without SSH. */
export function agentInput(
  name: string,
  { address, ssh }: FleetNode,
  version: string,
): OperationInput<"agent.ensure"> | null {
  if (ssh === false) return null;
  return {
    node: name,
    address,
    version,
    ssh: {
      user: ssh?.user ?? "root",
      port: ssh?.port ?? 22,
      hostKey: ssh?.hostKey ?? null,
      identityFile: ssh?.identityFile ?? null,
    },
  };
}

/** How a container is exchanged is no reason to exchange it. */
function hashed(body: Omit<InstanceSpec, "hash">): unknown {
  return { ...body, containers: body.containers.map(({ sideBySide: _how, ...container }) => container) };
}

function desiredInstance(
  fleet: Fleet,
  placement: Placement,
  needs: PlacementNeeds,
  secrets: ReadonlyMap<string, SecretNeed>,
  options: DesiredOptions,
): DesiredInstance {
  const { service, tenant, node, instance, overrides } = placement;
  const { catalog, registryMirror, controllerCa, givenSecret } = options;
  const secretVersion = (name: string) => {
    const secret = secrets.get(name);
    return secret !== undefined && "token" in secret
      ? options.secretVersion(name, secret.token)
      : options.secretVersion(name);
  };
  const body = {
    instance,
    service: service.name,
    version: overrides.version ?? service.version,
    tenant,
    node,
    containers: containerSpecs({
      ...{ fleet, catalog, placement, needs, secretVersion, givenSecret, registryMirror, controllerCa },
    }),
  };
  return {
    spec: { ...body, hash: hashOf(hashed(body)) },
    after: [
      ...needIds(placement, needs),
      ...needs.servers.map((server) => operationId("instance.ensure", server)),
      ...firewallIds(fleet, node),
    ],
  };
}

/** A node opens nothing before its firewall stands, and reaches the shared services once theirs let it in. */
function firewallIds(fleet: Fleet, node: string): string[] {
  const serving = Object.values(fleet.services.shared).map((service) => service.node);
  return [...new Set([node, ...serving])].map((name) => operationId("firewall.ensure", name));
}
