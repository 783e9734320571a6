/** Runs that failed and whose page was opened since: this browser remembers them. */
import type { Run } from "@berth/shared/api/runs";
import * as z from "zod";
import { endKey } from "../fleet/failed-runs.ts";
import { createStore, type Store } from "../store.ts";

const storageKey = "berth.looked-runs";
/** More than the page asks for. */
const mostKept = 100;

export const lookedRuns: Store<ReadonlySet<string>> = createStore<ReadonlySet<string>>(remembered());

export function lookAt(run: Run): void {
  const key = endKey(run);
  if (run.state !== "failed" || lookedRuns.get().has(key)) return;
  const kept = [...lookedRuns.get(), key].slice(-mostKept);
  try {
    localStorage.setItem(storageKey, JSON.stringify(kept));
  } catch {
    // Storage is switched off in this browser: it is remembered until the page is left.
  }
  lookedRuns.set(new Set(kept));
}

function remembered(): ReadonlySet<string> {
  try {
    return new Set(z.array(z.string()).parse(JSON.parse(localStorage.getItem(storageKey) ?? "[]")));
  } catch {
    return new Set();
  }
}
