/** What the fleet's history last said of each instance, so that what agents repeat does not push all else out of it. */
import * as z from "zod";
import { decode } from "./columns.ts";
import type { Queryable } from "./database.ts";

type AgentEvent = { node: string; instance: string | null; kind: string; data: Record<string, unknown> };

/** Whether history is told of it. */
export type IsNews = (event: AgentEvent) => boolean;

export interface InstanceNews {
  /** What `work` was told is news is known from when it succeeds. */
  during: <Result>(work: (isNews: IsNews) => Promise<Result>) => Promise<Result>;
}

const dataSchema = z.looseObject({ instance: z.object({ state: z.string(), version: z.string() }) });

export function createInstanceNews(database: Queryable): InstanceNews {
  let loading: Promise<Map<string, string>> | undefined;
  return {
    async during(work) {
      loading ??= load(database);
      const known = await loading.catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      const changes = new Map<string, string | undefined>();
      const last = (key: string) => (changes.has(key) ? changes.get(key) : known.get(key));
      const result = await work((event) => {
        const key = keyOf(event);
        switch (event.kind) {
          case "instance.state": {
            const text = textOf(event.data);
            if (text === undefined || text === last(key)) return false;
            changes.set(key, text);
            return true;
          }
          case "instance.gone": {
            // Operations on what is a tenant's, and no instance, end with a look at an instance of its name.
            const isKnown = last(key) !== undefined;
            changes.set(key, undefined);
            return isKnown;
          }
          default:
            return true;
        }
      });
      for (const [key, text] of changes) {
        if (text === undefined) known.delete(key);
        else known.set(key, text);
      }
      return result;
    },
  };
}

async function load(database: Queryable): Promise<Map<string, string>> {
  const rows = await database
    .selectFrom("events")
    .select(["id", "node", "instance", "kind", "data"])
    .where("kind", "in", ["instance.state", "instance.gone"])
    .where((expression) =>
      expression(
        "id",
        "in",
        expression
          .selectFrom("events")
          .select((inner) => inner.fn.max("id").as("id"))
          .where("kind", "in", ["instance.state", "instance.gone"])
          .groupBy(["node", "instance"]),
      ),
    )
    .execute();
  return new Map(
    rows.flatMap((row) => {
      const text = row.kind === "instance.gone" ? undefined : textOf(decode(anySchema, row.data, `event ${row.id}`));
      return text === undefined ? [] : [[keyOf(row), text]];
    }),
  );
}

const anySchema = z.record(z.string(), z.unknown());

function keyOf({ node, instance }: { node: string | null; instance: string | null }): string {
  return `${node ?? ""}/${instance ?? ""}`;
}

/** undefined: it says nothing. What an agent has not looked at yet has not changed; on its way, versions come and go. */
function textOf(data: Record<string, unknown>): string | undefined {
  const parsed = dataSchema.safeParse(data);
  if (!parsed.success || parsed.data.instance.state === "unknown") return undefined;
  const { state, version } = parsed.data.instance;
  return state === "starting" ? state : `${state} ${version}`;
}
