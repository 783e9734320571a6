/** What to do with a demo: lines that work with the fleet that is there. Pure. */
import type { InstanceStatus, Status } from "@berth/shared/api/status";
import type { InstancePage } from "./instance-pages.ts";

export interface DemoDescription {
  labName: string;
  /** Unix socket of its controller. */
  socket: string;
  status: Status;
  pages: readonly InstancePage[];
}

interface Step {
  command: string;
  /** What it is for, where the command does not say so itself. */
  what?: string;
}

/** The lab of this name is the one that commands mean when none is named. */
const usualName = "demo";

/** Of the example's, which has three. */
const newTenant = "user4";

/** The command that removes the demo. */
export function downCommand(labName: string): string {
  return `./berth demo --down${nameOption(labName)}`;
}

/** Where the instances' pages are, and commands to try. */
export function nextSteps(demo: DemoDescription): string[] {
  const { labName, socket, status, pages } = demo;
  const subject =
    status.instances.find(({ name }) => name === pages[0]?.instance) ??
    status.instances.find(({ tenant }) => tenant !== null) ??
    status.instances[0];
  const steps: Step[] = [
    ...(labName === usualName ? [] : [{ command: `export BERTH_CONTROLLER=unix:${socket}` }]),
    { command: "./berth status" },
    ...(status.instances.some(({ service }) => service === "postgres")
      ? [{ command: "./berth exec shared-postgres -- psql -U postgres -l", what: "a database for each that needs one" }]
      : []),
    ...(subject === undefined ? [] : stepsWith(subject, labName)),
    { command: "./berth route list", what: "each host name, tested through the router" },
    ...(status.nodes.some(({ name }) => name === newTenant)
      ? []
      : [{ command: `./berth tenant add ${newTenant}`, what: `a user more; ./berth tenant remove ${newTenant}` }]),
    { command: "./berth fleet export > my-fleet.yaml", what: "edit it, then ./berth apply my-fleet.yaml --plan" },
    { command: `./berth lab status${nameOption(labName)}`, what: "the LXCs and processes below" },
    { command: downCommand(labName) },
  ];
  return [
    ...pageLines(pages),
    "Try next:",
    ...columns(steps.map(({ command, what }) => [command, what && `# ${what}`])),
  ];
}

function stepsWith({ name, node }: InstanceStatus, labName: string): Step[] {
  const enter = `./berth lab enter${nameOption(labName)} ${node}`;
  return [
    { command: `./berth logs ${name} --follow` },
    { command: enter, what: "a shell in its LXC" },
    { command: `${enter} -- docker rm -f ${name}`, what: "break it; its agent makes it anew: ./berth status" },
  ];
}

function pageLines(pages: readonly InstancePage[]): string[] {
  const [first] = pages;
  if (first === undefined) return [];
  return [`The pages of ${first.tenant}:`, ...columns(pages.map(({ instance, url }) => [instance, url])), ""];
}

function nameOption(labName: string): string {
  return labName === usualName ? "" : ` --name ${labName}`;
}

/** Rows of two, the second ones below each other. */
function columns(rows: readonly (readonly [string, string | undefined])[]): string[] {
  const width = Math.max(0, ...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${second === undefined ? first : `${first.padEnd(width)}  ${second}`}`);
}
