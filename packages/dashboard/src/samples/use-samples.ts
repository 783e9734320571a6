import { getSamples } from "@berth/shared/api/metrics";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import { useEffect, useMemo, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { sparklineSeconds, useSession } from "../session.ts";
import { useStore } from "../store.ts";
import { SampleStore } from "./sample-store.ts";

interface WantedSamples {
  samples: SampleStore;
  error: BerthError | undefined;
}

/** Samples of one node over the last `seconds`: the session's own, or for a longer time a store of their own. */
export function useSamples(node: string, seconds: number): WantedSamples {
  const session = useSession();
  const isOpen = useStore(session.stream, (state) => state.phase === "open");
  const [error, setError] = useState<BerthError>();
  const samples = useMemo(
    () => (seconds <= sparklineSeconds ? session.samples : new SampleStore(seconds)),
    [session, node, seconds],
  );
  useEffect(() => {
    if (samples === session.samples) return undefined;
    return session.onSamples((batch) => {
      if (batch.node === node) samples.receive(batch, Date.now(), performance.now());
    });
  }, [session, samples, node]);
  useEffect(() => {
    setError(undefined);
    if (samples === session.samples || !isOpen) return undefined;
    const leaving = new AbortController();
    call(getSamples, { query: { seconds, node }, signal: leaving.signal }).then(
      (answer) => {
        samples.load(answer.nodes, performance.now());
        session.painter.request(node);
      },
      (thrown: unknown) => {
        if (!leaving.signal.aborted) setError(toBerthError(thrown));
      },
    );
    return () => leaving.abort();
  }, [session, samples, node, seconds, isOpen]);
  return { samples, error };
}
