/** Labels by which Berth knows its containers and volumes. A container without them is somebody else's: never touched. */
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";

export const labels = {
  instance: "berth.instance",
  service: "berth.service",
  tenant: "berth.tenant",
  version: "berth.version",
  hash: "berth.hash",
  node: "berth.node",
  fingerprint: "berth.fingerprint",
  /** On containers and volumes of Berth's own, which belong to no instance: what they are for. */
  tool: "berth.tool",
  /** On a tool's container: the agent's process that started it. */
  process: "berth.process",
  /** On a container that answers for an instance while its own is exchanged, and on nothing else: for which. */
  standby: "berth.standby",
  /** On what is made for a drill, and on nothing else: whose place it takes there. */
  drill: "berth.drill",
} as const;

/** What the labels of an instance's containers have in common. An instance of nobody in particular has an empty tenant. */
export function instanceLabels(spec: InstanceSpec): Record<string, string> {
  return {
    [labels.instance]: spec.instance,
    [labels.service]: spec.service,
    [labels.tenant]: spec.tenant ?? "",
    [labels.version]: spec.version,
    [labels.hash]: spec.hash,
    [labels.node]: spec.node,
  };
}
