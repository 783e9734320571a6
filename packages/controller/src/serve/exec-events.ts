/**
 * Who ran what where, in the fleet's history. Neither arguments nor what is typed: they may hold what only the instance
 * is to know.
 */
import type { Account } from "@berth/shared/api/accounts";
import * as z from "zod";
import type { ExecRequest } from "../api/exec.ts";
import type { Inventory } from "../inventory/database.ts";
import { listEvents, recordEvent } from "../inventory/events.ts";

type Database = Inventory["database"];

const kind = "exec";
/** As many as there may be events. */
const all = 100_000;

const beginSchema = z.looseObject({
  account: z.string(),
  container: z.string().nullable(),
  terminal: z.boolean(),
  command: z.string(),
});
type Begin = z.output<typeof beginSchema>;
/** An end names its beginning. */
const endSchema = z.looseObject({ began: z.int() });

interface Place {
  node: string;
  instance: string;
}

export type RecordEnd = (exitCode: number | null) => Promise<void>;

export async function recordBegin(
  { instance, container, command, tty }: ExecRequest,
  { name: account }: Account,
  node: string,
  database: Database,
): Promise<RecordEnd> {
  const beganAt = performance.now();
  const what = command[0]?.slice(0, 80) ?? "";
  const data: Begin = { account, container: container ?? null, terminal: tty !== null, command: what };
  const place = { node, instance };
  const begin = await recordEvent(database, {
    ...{ ...place, kind, data },
    message: `${account} asked to run ${what} in ${where(instance, data)}${tty === null ? "" : ", with a terminal"}`,
  });
  return async (exitCode) => {
    const how = exitCode === null ? "was cut off" : `ended with exit code ${exitCode}`;
    const seconds = Math.round((performance.now() - beganAt) / 1000);
    await recordEnd(database, place, data, { began: begin.id, how: `${how} after ${seconds} s`, exitCode, seconds });
  };
}

/** Ends what a controller that was killed has begun. To be called before anybody can begin more. */
export async function recordLostEnds(database: Database): Promise<void> {
  const events = await listEvents(database, { kind, limit: all });
  const ended = new Set(events.map(({ data }) => endSchema.safeParse(data).data?.began));
  for (const { id, node, instance, data } of events.toReversed()) {
    const begin = beginSchema.safeParse(data);
    if (!begin.success || ended.has(id) || "began" in data || node === null || instance === null) continue;
    // As an agent does when its controller is gone.
    const how = begin.data.terminal ? "ended with the controller" : "may have run on when the controller ended";
    await recordEnd(database, { node, instance }, begin.data, { began: id, how, exitCode: null, seconds: null });
  }
}

interface End {
  began: number;
  how: string;
  exitCode: number | null;
  seconds: number | null;
}

async function recordEnd(database: Database, place: Place, begin: Begin, { how, ...end }: End): Promise<void> {
  const message = `${begin.command} of ${begin.account} in ${where(place.instance, begin)} ${how}`;
  await recordEvent(database, { ...place, kind, message, data: { ...begin, ...end } });
}

function where(instance: string, { container }: Begin): string {
  return container === null || container === instance ? instance : `${instance}, container ${container}`;
}
