/** From a controller in whatever state to a fleet that has converged. */
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { getFleetFile } from "@berth/shared/api/fleet";
import { listRuns } from "@berth/shared/api/runs";
import { getStatus } from "@berth/shared/api/status";
import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import { interrupted, type LabCli } from "./cli.ts";

export interface FleetChoice {
  /** The file that was asked for; undefined: the present fleet, and the example when there is none yet. */
  file: string | undefined;
  example: string;
}

/** What is applied. */
export interface FleetSource {
  /** For `berth apply`: a file, or - for `text` on its standard input. */
  file: string;
  text: string;
  /** What should be known before it is done; undefined when it goes without saying. */
  notice: string | undefined;
}

/** Follows a run that is under way to its end, then applies what is still needed. Returns an exit code; Ctrl-C is 130. */
export async function convergeFleet(
  cli: LabCli,
  choice: FleetChoice,
  say: (sentence: string) => void,
): Promise<number> {
  const { runs } = await cli.ask(["run", "list"], listRuns.response);
  const underWay = runs.find((run) => run.state === "running");
  if (underWay !== undefined) {
    say(`Run ${underWay.id} is still under way; following it to its end.`);
    const exitCode = await cli.show(["run", "show", String(underWay.id), "--follow"]);
    // However else it ended: what is missing is applied.
    if (exitCode === interrupted) return exitCode;
  }
  const { fleet } = await cli.ask(["status"], getStatus.response);
  const present = fleet === null ? undefined : (await cli.ask(["fleet", "export"], getFleetFile.response)).yaml;
  const asked = await readFile(choice.file ?? choice.example, "utf8");
  const source = chooseSource(choice, asked, present);
  if (source.notice !== undefined) say(source.notice);
  return cli.show(["apply", source.file, "--yes"], source.file === "-" ? source.text : undefined);
}

/** A fleet that somebody has edited stays as it is unless another file is asked for. Pure. */
export function chooseSource({ file, example }: FleetChoice, asked: string, present: string | undefined): FleetSource {
  const path = file ?? example;
  if (present === undefined || saysTheSame(asked, present)) return { file: path, text: asked, notice: undefined };
  if (file !== undefined) {
    const notice = `The fleet was changed since: what ${path} says otherwise is changed to it, as the plan below shows. What ${path} does not mention stays.`;
    return { file, text: asked, notice };
  }
  const notice = `The fleet was changed since the example was applied, and stays as it was changed to. \`./berth apply ${example}\` changes it back.`;
  return { file: "-", text: present, notice };
}

/** Whether both texts describe the same fleet. */
function saysTheSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => parseFleet(text, "fleet.yaml", catalog).fleet);
  return first !== null && isDeepStrictEqual(first, second);
}
