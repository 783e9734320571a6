/** A history in a directory of its own, with a clock that tests set. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LiveSamples } from "@berth/shared/api/live";
import { defaultHistory, type MetricsHistory } from "@berth/shared/fleet/metrics";
import { afterEach, beforeEach } from "vitest";
import { type History, openHistory } from "../history.ts";
import type { HistoryAnswer } from "../read.ts";
import { start } from "./samples.ts";

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export interface World {
  readonly file: string;
  readonly logged: string[];
  now: number;
  /** Milliseconds since the test began, which no change of `now` changes. */
  elapsed: number;
  settings: MetricsHistory;
  recent: LiveSamples[];
  history: History;
  /** Closes the history, unless it is dropped as by kill -9, and opens it again. */
  reopen: (how: "closed" | "dropped") => Promise<void>;
  /** Where it is kept, from now on. */
  directory: (path: string) => void;
  /** Time passes, as it should. */
  pass: (milliseconds: number) => void;
}

export function useWorld(): World {
  let made = "";
  let directory = "";
  const world: World = {
    get file() {
      return join(directory, "metrics.sqlite");
    },
    logged: [],
    now: start,
    elapsed: 0,
    settings: defaultHistory,
    recent: [],
    get history(): History {
      if (opened === undefined) opened = open();
      return opened;
    },
    reopen: async (how) => {
      if (how === "closed") await opened?.close();
      opened = open();
    },
    directory: (path) => {
      directory = path;
    },
    pass: (milliseconds) => {
      world.now += milliseconds;
      world.elapsed += milliseconds;
    },
  };
  let opened: History | undefined;

  function open(): History {
    const log = (_fields: unknown, text: string) => void world.logged.push(text);
    return openHistory({
      file: world.file,
      settings: () => world.settings,
      recent: () => world.recent,
      recentSince: () => world.recent[0]?.frames[0]?.at,
      logger: { info: log, warn: log, error: log },
      clock: { now: () => world.now },
      elapsed: () => world.elapsed,
      isTimed: false,
    });
  }

  beforeEach(() => {
    made = mkdtempSync(join(tmpdir(), "berth-history-"));
    directory = made;
    Object.assign(world, { now: start, elapsed: 0, settings: defaultHistory, recent: [] });
    world.logged.splice(0);
    opened = undefined;
  });
  afterEach(async () => {
    await opened?.close();
    rmSync(made, { recursive: true, force: true });
  });
  return world;
}

export interface Asked {
  column?: string;
  from: number;
  to: number;
  points?: number;
}

/** A node's curve, as far as something was measured. */
export function readNode(world: World, { column = "cpuCores", from, to, points = 100_000 }: Asked): Point[] {
  const nameOf = ({ node, container }: { node: string; container: string }) => (container === "" ? node : undefined);
  return pointsOf(world.history.read({ nameOf, columns: [column], from, to, points }), column);
}

export interface Point {
  at: number;
  average: number;
  maximum: number;
}

export function pointsOf({ from, stepMilliseconds, series }: HistoryAnswer, column: string): Point[] {
  const curve = series[0]?.columns[column];
  return (curve?.average ?? []).flatMap((average, step) => {
    const maximum = curve?.maximum[step] ?? null;
    return average === null || maximum === null ? [] : [{ at: from + step * stepMilliseconds, average, maximum }];
  });
}
