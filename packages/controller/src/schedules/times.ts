/** The times of a cron expression, in milliseconds since the epoch. Pure. */
import { Cron } from "croner";

export interface Times {
  expression: string;
  timeZone: string;
}

/** The last one before that moment. null: there was none. */
export function lastTime(times: Times, moment: number): number | null {
  const [last] = cron(times).previousRuns(1, new Date(moment));
  return last?.getTime() ?? null;
}

/** The first one after that moment. null: there is none. */
export function nextTime(times: Times, moment: number): number | null {
  return cron(times).nextRun(new Date(moment))?.getTime() ?? null;
}

function cron({ expression, timeZone }: Times): Cron {
  return new Cron(expression, { paused: true, timezone: timeZone });
}
