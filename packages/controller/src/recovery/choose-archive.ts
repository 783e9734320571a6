/** Which of the archives a controller is rebuilt from. Pure. */
import { BerthError } from "@berth/shared/errors";
import { archiveOf } from "./records.ts";

/**
 * The newest, or the newest of that time or before. `now`, in milliseconds: what claims to be of a later time is none of
 * the controller's. Throws `not-found`.
 */
export function chooseArchive(names: readonly string[], at: string | null, place: string, now: number): string {
  const found = names
    .flatMap((name) => {
      const archive = archiveOf(name);
      return archive === null ? [] : [{ name, ...archive }];
    })
    .toSorted((one, other) => other.id.localeCompare(one.id));
  const limit = Math.min(at === null ? Infinity : Date.parse(at), now);
  const chosen = found.find(({ createdAt }) => Date.parse(createdAt) <= limit);
  if (chosen !== undefined) return chosen.name;
  const oldest = found.at(-1);
  throw new BerthError(
    "not-found",
    oldest === undefined
      ? `There is no backup of a controller in ${place}`
      : `No backup in ${place} is as old as ${at}`,
    {
      hint:
        oldest === undefined
          ? "They are in the folder `controller` of the fleet's folder: s3://BUCKET/FLEET/controller"
          : `The oldest is of ${oldest.createdAt}.`,
    },
  );
}
