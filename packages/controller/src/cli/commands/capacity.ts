import { getCapacity, postCapacity, type Capacity } from "@berth/shared/api/capacity";
import { toBerthError } from "@berth/shared/errors";
import { defineCommand } from "../define-command.ts";
import { FleetProblemsError } from "../errors.ts";
import { readFleetFiles, refuseProblems, type FleetFiles } from "../fleet-file.ts";
import { capacityLines } from "../render/capacity.ts";
import { problemSummary } from "../render/problem.ts";

export default defineCommand({
  details:
    "Sums the memory and CPU limits of each node's instances against what the node has, says how many more tenants fit on each Proxmox VE host, and compares the fleet with one node for each tenant that runs everything. " +
    "Without FILE, of the applied fleet. With FILE it works without a controller, too; what only a controller can ask for is then left out.\n\n" +
    'With --json: {"fleet", "nodes": […], "hosts": […], "unaskedHosts": […], "comparison": {…}, "warnings": […]}, sizes in bytes.',
  arguments: { file: { description: "Fleet file, - for stdin", optional: true, completes: "file" } },
  examples: [
    { command: "berth capacity", does: "head-room of the applied fleet, and how many more tenants fit" },
    { command: "berth capacity fleet.yaml", does: "whether a fleet fits, before it is applied" },
  ],
  async run({ input, ...context }): Promise<Capacity> {
    if (input.file === undefined) return (await context.client()).call(getCapacity, {});
    const files = await readFleetFiles(input.file, context.terminal);
    refuseProblems(files);
    const offline = await withoutController(files);
    try {
      const body = { yaml: files.text, file: files.file };
      return await (await context.client()).call(postCapacity, { body });
    } catch (error) {
      const { message } = toBerthError(error);
      return offline(`only a controller asks it. ${message}`);
    }
  },
  render: capacityLines,
});

/** What the file says by itself; throws its mistakes. The result takes the reason why nobody was asked. */
async function withoutController(files: FleetFiles): Promise<(reason: string) => Capacity> {
  const [{ parseFleet }, { catalog }, { capacityReport }] = await Promise.all([
    import("@berth/shared/fleet/parse"),
    import("@berth/shared/catalog/index"),
    import("@berth/shared/fleet/capacity-report"),
  ]);
  const { fleet, problems } = parseFleet(files.text, files.file, catalog);
  if (fleet === null) {
    const located = problems.map(files.locate);
    throw new FleetProblemsError("fleet.invalid", problemSummary(located), located, { texts: files.texts });
  }
  return (reason) => {
    const hosts = new Map(Object.keys(fleet.proxmox).map((proxmox) => [proxmox, { reason }]));
    return capacityReport(fleet, catalog, { factsOf: () => null, hosts });
  };
}
