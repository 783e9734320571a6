/** That the fleet does not know a name that somebody wrote. Pure. */
import { BerthError } from "../errors.ts";
import { suggest } from "./suggest.ts";

const whereToLook = {
  node: "`berth node list`",
  tenant: "`berth tenant list`",
  instance: "`berth status`",
  rule: "docs/alerts.md, and alerts.rules in the fleet file",
};

/** `known`: none where the one who asks is not to learn of others. */
export function unknownName(kind: keyof typeof whereToLook, name: string, known: Iterable<string> = []): BerthError {
  const meant = suggest(name, known);
  const what = kind === "rule" ? "rule of alerts" : kind;
  return new BerthError("not-found", `The fleet has no ${what} '${name}'`, {
    hint: `${meant === undefined ? "" : `Did you mean '${meant}'? `}See ${whereToLook[kind]}`,
  });
}
