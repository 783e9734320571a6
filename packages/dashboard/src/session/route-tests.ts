import { testRoutes, type RouteResult } from "@berth/shared/api/routes";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import { useCallback, useEffect } from "preact/hooks";
import { call } from "../api/client.ts";
import { createStore, useStore, type Store } from "../store.ts";
import { useSession, type Session } from "./session.ts";

export interface RouteTests {
  /** null: not yet. By the controller's clock. */
  testedAt: string | null;
  results: ReadonlyMap<string, RouteResult>;
  testing: boolean;
  error: BerthError | undefined;
}

const untested: RouteTests = { testedAt: null, results: new Map(), testing: false, error: undefined };

/** The controller keeps no results; a page remembers its own for as long as somebody is logged in. */
const remembered = new WeakMap<Session, Store<RouteTests>>();

function storeOf(session: Session): Store<RouteTests> {
  const store = remembered.get(session) ?? createStore(untested);
  remembered.set(session, store);
  return store;
}

/** The last test of the routes, made when there was none yet; and what makes another. */
export function useRouteTests(): RouteTests & { test: () => void } {
  const session = useSession();
  const store = storeOf(session);
  const tests = useStore(store, (state) => state);
  const test = useCallback(() => void testAll(store, session.controllerNow), [store, session]);
  useEffect(() => {
    if (store.get().testedAt === null) test();
  }, [store, test]);
  return { ...tests, test };
}

async function testAll(store: Store<RouteTests>, now: () => number): Promise<void> {
  if (store.get().testing) return;
  store.set({ ...store.get(), testing: true });
  try {
    const { results } = await call(testRoutes, { body: {} });
    const byHost = new Map(results.map((result) => [result.host, result]));
    store.set({ testedAt: new Date(now()).toISOString(), results: byHost, testing: false, error: undefined });
  } catch (thrown) {
    store.set({ ...store.get(), testing: false, error: toBerthError(thrown) });
  }
}
