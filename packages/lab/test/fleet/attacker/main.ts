/** A tenant gone bad: tries everything with all it holds, one after the other, and tells on stdout what came of each. */
import { open } from "./network.ts";
import { clientOf, list } from "./object-store.ts";
import { loginsOf, query } from "./postgres.ts";
import { ask, tokenOf } from "./qdrant.ts";
import { type Attempt, targetSchema, type Target, type Try } from "./target.ts";
import { foreignTries } from "./tries.ts";

const atOnce = 10;
const target = targetSchema.parse(JSON.parse(process.env["BERTH_ATTACK"] ?? ""));

/** What a tenant may: were these refused, every other refusal would prove nothing. */
function permitted(of: Target): Try[] {
  const collection = `${of.own}_openwebui_files`;
  return [
    { name: "opens the shared PostgreSQL", run: () => open(of.shared, 5432) },
    ...loginsOf(of).map((login) => ({
      name: `as ${login.user} works in ${login.database}`,
      run: () => query(of, login, "create temporary table own (id int)"),
    })),
    { name: `reads about ${collection}`, run: () => ask(of, tokenOf(of), "GET", `/collections/${collection}`) },
    { name: `lists ${of.own}-uploads`, run: () => list(clientOf(of), `${of.own}-uploads`) },
    { name: `writes to ${of.own}-uploads`, run: () => clientOf(of).putObject(`${of.own}-uploads`, "probe", "mine") },
  ];
}

async function attempt({ name, run }: Try): Promise<Attempt> {
  try {
    return { name, outcome: "admitted", detail: JSON.stringify(await run())?.slice(0, 200) ?? "" };
  } catch (error) {
    return { name, outcome: "refused", detail: error instanceof Error ? error.message : String(error) };
  }
}

/** Some at a time: what a packet filter drops is waited for. */
async function attempts(tries: readonly Try[]): Promise<Attempt[]> {
  const made: Attempt[] = [];
  for (let begin = 0; begin < tries.length; begin += atOnce) {
    made.push(...(await Promise.all(tries.slice(begin, begin + atOnce).map(attempt))));
  }
  return made;
}

const own = await attempts(permitted(target));
const foreign = await attempts(foreignTries(target));
process.stdout.write(JSON.stringify({ own, foreign }));
// Connections that are refused in the middle may keep the process alive.
process.exit(0);
