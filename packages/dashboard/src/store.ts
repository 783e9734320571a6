import { useEffect, useState } from "preact/hooks";

/** A value that says when it changes. */
export interface Store<State> {
  get: () => State;
  set: (next: State) => void;
  /** Answers with the function that ends the subscription. */
  subscribe: (listener: () => void) => () => void;
}

export function createStore<State>(initial: State): Store<State> {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    set: (next) => {
      if (Object.is(next, state)) return;
      state = next;
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Renders again only when what `select` picks becomes another object or value. `select` must not build new objects. */
export function useStore<State, Selected>(store: Store<State>, select: (state: State) => Selected): Selected {
  const selected = select(store.get());
  const [, setShown] = useState({ selected });
  useEffect(() => {
    const check = () => {
      const now = select(store.get());
      setShown((shown) => (Object.is(shown.selected, now) ? shown : { selected: now }));
    };
    // What changed between rendering and subscribing.
    check();
    return store.subscribe(check);
  }, [store, select]);
  return selected;
}
