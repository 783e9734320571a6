import { listBackups } from "@berth/shared/api/backups";
import type { JSX } from "preact";
import { useCallback } from "preact/hooks";
import { call } from "../api/client.ts";
import { ownerBackupsPath } from "../routes/route.ts";
import { useAnswer } from "../session/use-answer.ts";
import { Ago } from "./elapsed.tsx";

/** The newest complete backup that an instance is in, and when one was last proven, each in a line for its facts. */
export function useInstanceBackup(instance: string): { newest: JSX.Element; proven: JSX.Element } {
  const ask = useCallback(
    async (signal: AbortSignal) => (await call(listBackups, { query: { of: instance }, signal })).backups,
    [instance],
  );
  const { answer: backups, error } = useAnswer(ask);
  // Its place is kept, so that nothing moves when the answer comes.
  if (!backups) return { newest: <>{error ? "unknown" : "…"}</>, proven: <>{error ? "unknown" : "…"}</> };
  const complete = backups.filter(({ state }) => state === "complete");
  const [newest] = complete;
  const [proof] = complete
    .flatMap(({ provenAt }) => provenAt ?? [])
    .toSorted()
    .toReversed();
  return {
    newest: newest ? (
      <a href={ownerBackupsPath(instance)}>
        <Ago moment={newest.createdAt} />
      </a>
    ) : (
      <>none of its own</>
    ),
    proven: proof === undefined ? <>{newest ? "never: unproven" : "–"}</> : <Ago moment={proof} />,
  };
}
