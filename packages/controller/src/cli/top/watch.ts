/** Follows the live stream over a connection that may break, and says what is known at each change. */
import { setTimeout as delay } from "node:timers/promises";
import { livePath } from "@berth/shared/api/live";
import { BerthError, toBerthError } from "@berth/shared/errors";
import { requestPath, type Client } from "../client/client.ts";
import { emptyPicture, type Picture, withEvent } from "./picture.ts";

const reconnectMilliseconds = 1000;

export interface PictureObserver {
  onPicture(picture: Picture): void;
  /** The stream is cut, and tried again; what was known stays. */
  onProblem?(problem: BerthError): void;
  now(): number;
}

/** Returns when `signal` aborts. Throws what trying again cannot mend, and without `onProblem` whatever it is. */
export async function watchPicture(client: Client, observer: PictureObserver, signal: AbortSignal): Promise<void> {
  let picture = emptyPicture;
  const path = requestPath(livePath, {}, { topics: "status,samples" });
  while (!signal.aborted) {
    try {
      for await (const event of client.events(path, signal)) {
        picture = withEvent(picture, event, observer.now());
        observer.onPicture(picture);
      }
      throw new BerthError("controller.unreachable", "The controller ended the stream of events.");
    } catch (error) {
      if (signal.aborted) return;
      const problem = toBerthError(error);
      if (observer.onProblem === undefined || !problem.retryable) throw problem;
      observer.onProblem(problem);
    }
    await delay(reconnectMilliseconds, undefined, { signal }).catch(() => undefined);
  }
}
