import { getNode } from "@berth/shared/api/nodes";
import { formatSize } from "@berth/shared/fleet/units";
import { defineCommand } from "../define-command.ts";
import { instanceLines, nodeStatePaint } from "../render/status.ts";
import { properties } from "../render/table.ts";
import { formatAge } from "../render/time.ts";

export default defineCommand({
  arguments: { name: { description: "Name of the node", completes: "node" } },
  examples: [{ command: "berth node show user1", does: "host, agent and instances of the node user1" }],
  run: async ({ client, input }) => (await client()).call(getNode, { params: { name: input.name } }),
  render(node, options) {
    const { facts } = node;
    const { style, now, fit } = options;
    return [
      ...properties(
        [
          ["node", node.name],
          ["address", node.address],
          ["state", nodeStatePaint(node.state, style)(node.state)],
          ["agent", node.agentVersion === null ? null : `${node.agentVersion}${node.outdated ? " (outdated)" : ""}`],
          ["seen", node.lastSeen === null ? "never" : formatAge(node.lastSeen, now)],
          [
            "clock",
            node.clockSkewMilliseconds === null ? null : `${node.clockSkewMilliseconds} ms from the controller's`,
          ],
          ["VMID", node.vmid === null ? null : String(node.vmid)],
          [
            "host",
            facts === null ? null : `${facts.hostname}, ${facts.os}, ${facts.architecture}, kernel ${facts.kernel}`,
          ],
          ["size", facts === null ? null : `${facts.cores} cores, ${formatSize(facts.memoryBytes)}`],
          ["Docker", facts === null ? null : `${facts.dockerVersion ?? "absent"}, cgroup v${facts.cgroupVersion}`],
        ],
        style,
        fit,
      ),
      "",
      ...instanceLines(node.instances, options),
    ];
  },
});
