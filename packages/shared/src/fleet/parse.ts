/** From the text of `fleet.yaml` to a validated fleet, or to every mistake with its place. Pure. */
import type { Catalog } from "../catalog/schema.ts";
import { checkFleet } from "./check.ts";
import { schemaProblems } from "./mistakes.ts";
import type { Problem } from "./problem.ts";
import { inOrder, readYaml } from "./read-yaml.ts";
import { fleetSchema, type Fleet } from "./schema.ts";
import { sentenceOf } from "./sentences.ts";

export type ParsedFleet = { fleet: Fleet; problems: [] } | { fleet: null; problems: Problem[] };

/** `builtIn`: Berth's own services; those of the fleet's `catalog` come to them. */
export function parseFleet(text: string, file: string, builtIn: Catalog): ParsedFleet {
  return parse(text, file, () => builtIn);
}

/** What was valid once: a name that Berth has taken since for a service of its own stays the fleet's. */
export function parseStoredFleet(text: string, file: string, builtIn: Catalog): ParsedFleet {
  return parse(text, file, ({ catalog }) => new Map([...builtIn].filter(([name]) => !Object.hasOwn(catalog, name))));
}

function parse(text: string, file: string, builtInFor: (fleet: Fleet) => Catalog): ParsedFleet {
  const read = readYaml(text, file);
  if (read.source === null) return failed(read.problems);
  const { source, value } = read;
  if (value === null) {
    return failed([source.problem([], "is empty; `berth fleet schema` describes what belongs in it")]);
  }
  const parsed = fleetSchema.safeParse(value, { error: sentenceOf, reportInput: true });
  if (!parsed.success) return failed(schemaProblems(parsed.error.issues, source, fleetSchema));
  const problems = checkFleet(parsed.data, builtInFor(parsed.data)).map(({ path, message, at }) =>
    source.problem(path, message, at),
  );
  return problems.length > 0 ? failed(problems) : { fleet: parsed.data, problems: [] };
}

function failed(problems: Problem[]): ParsedFleet {
  return { fleet: null, problems: inOrder(problems) };
}
