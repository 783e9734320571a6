import { afterEach, beforeEach, expect, it } from "vitest";
import type { RunSummary } from "@berth/shared/api/runs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interrupted, type LabCli } from "./cli.ts";
import { chooseSource, convergeFleet } from "./converge.ts";

const example = "examples/valuechain/fleet.yaml";
const fleet = (memory: string): string => `fleet: small
domain: example.org
controller: { address: 10.0.6.1 }
nodes:
  shared: { address: 10.0.6.10 }
services:
  shared:
    redis: { node: shared, memory: ${memory} }
`;

it("applies the example at first, and again while nobody has changed the fleet", () => {
  const first = chooseSource({ file: undefined, example }, fleet("1GiB"), undefined);
  expect(first).toEqual({ file: example, text: fleet("1GiB"), notice: undefined });
  const again = chooseSource({ file: undefined, example }, fleet("1GiB"), `# kept\n${fleet("1024MiB")}`);
  expect(again).toMatchObject({ file: example, notice: undefined });
});

it("leaves a fleet that was changed as it is, and says how to change it back", () => {
  const changed = chooseSource({ file: undefined, example }, fleet("1GiB"), fleet("2GiB"));
  expect(changed).toMatchObject({ file: "-", text: fleet("2GiB") });
  expect(changed.notice).toContain(`\`./berth apply ${example}\` changes it back`);
});

it("applies a file that was asked for, and says so before it changes the fleet", () => {
  const asked = { file: "my/fleet.yaml", example };
  expect(chooseSource(asked, fleet("1GiB"), undefined).notice).toBeUndefined();
  expect(chooseSource(asked, fleet("1GiB"), fleet("1GiB")).notice).toBeUndefined();
  const other = chooseSource(asked, fleet("1GiB"), fleet("2GiB"));
  expect(other.file).toBe("my/fleet.yaml");
  expect(other.notice).toContain("what my/fleet.yaml says otherwise is changed to it");
});

/** A CLI in front of a controller that has a fleet or none, and a run under way or none. */
class FakeCli implements LabCli {
  readonly shown: string[] = [];
  readonly exitCodes: Record<string, number> = {};
  runs: RunSummary[] = [];
  present: string | undefined;

  ask: LabCli["ask"] = async (parameters, schema) => {
    const answers: Record<string, object> = {
      "run list": { runs: this.runs },
      status: { fleet: this.present === undefined ? null : "small", nodes: [], instances: [] },
      "fleet export": { yaml: this.present },
    };
    return schema.parse(answers[parameters.join(" ")]);
  };
  show: LabCli["show"] = async (parameters, input) => {
    this.shown.push(`${parameters.join(" ")}${input === undefined ? "" : ` < ${input}`}`);
    return this.exitCodes[parameters[0] ?? ""] ?? 0;
  };
}

function runSummary(id: number, state: "running" | "failed"): RunSummary {
  const counts = { waiting: 1, running: 1, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
  const createdAt = "2026-11-24T06:00:00.000Z";
  return { id, kind: "apply", account: "root", state, createdAt, endedAt: null, counts };
}

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-demo-"));
  file = join(directory, "fleet.yaml");
  await writeFile(file, fleet("1GiB"));
});
afterEach(() => rm(directory, { recursive: true }));

it("applies the file when no run is under way", async () => {
  const cli = new FakeCli();
  cli.runs = [runSummary(1, "failed")];
  const said: string[] = [];
  expect(await convergeFleet(cli, { file: undefined, example: file }, (text) => said.push(text))).toBe(0);
  expect({ said, shown: cli.shown }).toEqual({ said: [], shown: [`apply ${file} --yes`] });
});

it("follows a run that is under way, however it ends, and then applies what is missing", async () => {
  const cli = new FakeCli();
  cli.runs = [runSummary(2, "running"), runSummary(1, "failed")];
  cli.present = fleet("1GiB");
  cli.exitCodes["run"] = 6;
  const said: string[] = [];
  expect(await convergeFleet(cli, { file: undefined, example: file }, (text) => said.push(text))).toBe(0);
  expect(cli.shown).toEqual(["run show 2 --follow", `apply ${file} --yes`]);
  expect(said).toEqual(["Run 2 is still under way; following it to its end."]);
});

it("applies nothing after Ctrl-C while it follows", async () => {
  const cli = new FakeCli();
  cli.runs = [runSummary(2, "running")];
  cli.exitCodes["run"] = interrupted;
  expect(await convergeFleet(cli, { file, example: file }, () => undefined)).toBe(interrupted);
  expect(cli.shown).toEqual(["run show 2 --follow"]);
});

it("applies the fleet as somebody changed it, from standard input", async () => {
  const cli = new FakeCli();
  cli.present = fleet("2GiB");
  await convergeFleet(cli, { file: undefined, example: file }, () => undefined);
  expect(cli.shown).toEqual([`apply - --yes < ${fleet("2GiB")}`]);
});
