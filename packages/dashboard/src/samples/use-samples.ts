import { getSamples } from "@berth/shared/api/metrics";
import type { BerthError } from "@berth/shared/errors";
import { useCallback, useEffect, useMemo } from "preact/hooks";
import { call } from "../api/client.ts";
import { sparklineSeconds, useSession } from "../session/session.ts";
import { useStore } from "../store.ts";
import { useRequest } from "../use-request.ts";
import { SampleStore } from "./sample-store.ts";

interface WantedSamples {
  samples: SampleStore;
  error: BerthError | undefined;
}

/** Samples of one node over the last `seconds`: the session's own, or for a longer time a store of their own. */
export function useSamples(node: string, seconds: number): WantedSamples {
  const session = useSession();
  const isOpen = useStore(session.stream, (state) => state.phase === "open");
  const samples = useMemo(
    () => (seconds <= sparklineSeconds ? session.samples : new SampleStore(seconds)),
    [session, node, seconds],
  );
  useEffect(() => {
    if (samples === session.samples) return undefined;
    return session.onSamples((batch) => {
      if (batch.node === node) samples.receive(batch, performance.now());
    });
  }, [session, samples, node]);
  const isOwn = samples !== session.samples;
  const fetchPast = useCallback(
    async (signal: AbortSignal) => {
      const answer = await call(getSamples, { query: { seconds, node }, signal });
      samples.load(answer.nodes, performance.now());
      session.painter.request(node);
    },
    [session, samples, node, seconds],
  );
  const error = useRequest(isOwn && isOpen ? fetchPast : undefined);
  return { samples, error };
}
