import { listDisks } from "@berth/shared/api/disks";
import { getNode } from "@berth/shared/api/nodes";
import { bootedAtOf, surplusSentence } from "@berth/shared/api/status";
import { formatSize } from "@berth/shared/fleet/units";
import { defineCommand } from "../define-command.ts";
import { diskLines } from "../render/disks.ts";
import { instanceLines, nodeStatePaint } from "../render/status.ts";
import { properties } from "../render/table.ts";
import { wrapSentence } from "../render/text.ts";
import { formatAge } from "../render/time.ts";

export default defineCommand({
  details:
    "File systems as `df` counts them, each once; of Docker's volumes the ten largest, each with the time when it was measured: every quarter of an hour, or less often where that takes long.\n\n" +
    'With --json: the node, its "instances", and "disks": {"readAt", "fileSystems": [{"mountpoint", "device", "type", "readOnly", "usedBytes", "sizeBytes", "inodes"}], "volumes": [{"name", "instance", "bytes", "measuredAt"}]}, sizes in bytes; null: its agent has told none.',
  arguments: { name: { description: "Name of the node", completes: "node" } },
  examples: [{ command: "berth node show user1", does: "host, agent, instances and disks of the node user1" }],
  run: async ({ client, input: { name } }) => {
    const { call } = await client();
    const [node, { nodes }] = await Promise.all([
      call(getNode, { params: { name } }),
      call(listDisks, { query: { node: name } }),
    ]);
    return { ...node, disks: nodes[0] ?? null };
  },
  render(node, options) {
    const { facts } = node;
    const bootedAt = node.state === "online" ? bootedAtOf(node) : null;
    const { style, now, fit } = options;
    const surplus = surplusSentence(node);
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
          ["started", bootedAt === null ? null : formatAge(new Date(bootedAt).toISOString(), now)],
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
      ...(surplus === null ? [] : [...wrapSentence(`${style.yellow("warning:")} ${surplus}`, fit, "  "), ""]),
      ...instanceLines(node.instances, options),
      ...diskLines(node.disks, options),
    ];
  },
});
