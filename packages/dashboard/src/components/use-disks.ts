import { listDisks, type NodeDisks } from "@berth/shared/api/disks";
import { useCallback } from "preact/hooks";
import { call } from "../api/client.ts";
import { useAnswer, type Answer } from "../session/use-answer.ts";

/** What is on a node's disks; null: it has told nothing, or may not be seen. */
export function useDisks(node: string): Answer<NodeDisks | null> {
  const ask = useCallback(
    async (signal: AbortSignal) => (await call(listDisks, { query: { node }, signal })).nodes[0] ?? null,
    [node],
  );
  return useAnswer(ask);
}
