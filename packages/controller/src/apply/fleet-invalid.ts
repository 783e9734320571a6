import { BerthError } from "@berth/shared/errors";
import type { Problem } from "@berth/shared/fleet/problem";

const schemaHint = "Nothing was changed. `berth fleet schema` prints a JSON Schema that editors check against";

/** The fleet file has mistakes; nothing was changed. */
export class FleetInvalid extends BerthError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], hint: string = schemaHint) {
    const file = problems[0]?.file ?? "The fleet file";
    super("fleet.invalid", `${file} has ${problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`}`, {
      hint,
    });
    this.name = "FleetInvalid";
    this.problems = problems;
  }
}
