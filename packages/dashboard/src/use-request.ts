import { toBerthError, type BerthError } from "@berth/shared/errors";
import { useEffect, useState } from "preact/hooks";

/**
 * Does `request` now and whenever it becomes another function (undefined: not now), and answers with what it threw.
 * Its signal is aborted when the component is gone or asks for something else.
 */
export function useRequest(request: ((signal: AbortSignal) => Promise<void>) | undefined): BerthError | undefined {
  const [error, setError] = useState<BerthError>();
  useEffect(() => {
    const leaving = new AbortController();
    const perform = async (): Promise<void> => {
      try {
        await request?.(leaving.signal);
        setError(undefined);
      } catch (thrown) {
        if (!leaving.signal.aborted) setError(toBerthError(thrown));
      }
    };
    void perform();
    return () => leaving.abort();
  }, [request]);
  return error;
}
