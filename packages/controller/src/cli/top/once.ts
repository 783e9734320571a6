/** One look: everything that is measured within the first seconds. */
import { BerthError } from "@berth/shared/errors";
import type { Client } from "../client/client.ts";
import { emptyPicture, type Picture } from "./picture.ts";
import { watchPicture } from "./watch.ts";

/** The first look makes agents sample each second; one that was idle sends its first frame after that. */
const patienceMilliseconds = 5000;

/** Returns as soon as each node that is online has sent a sample, or when the time is over. Throws what cuts it off, and `deadline.exceeded`. */
export async function lookOnce(
  client: Client,
  now: () => number,
  patience: number = patienceMilliseconds,
): Promise<Picture> {
  const enough = new AbortController();
  const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(patience)]);
  let last = emptyPicture;
  const onPicture = (picture: Picture): void => {
    last = picture;
    if (isComplete(picture)) enough.abort();
  };
  await watchPicture(client, { onPicture, now }, signal);
  if (last.status !== null) return last;
  throw new BerthError("deadline.exceeded", `The controller told nothing for ${patience / 1000} s.`, {
    hint: "It may be busy: try again, and see its log (`journalctl --unit berth`).",
  });
}

function isComplete({ status, readings }: Picture): boolean {
  return status !== null && status.nodes.every(({ name, state }) => state !== "online" || readings.has(name));
}
