/** The directory that a rebuilt controller's state comes into: empty before, and whole or marked as unfinished after. */
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { stateFiles } from "./contents.ts";

const draftPrefix = "rebuild-";
/** A file system of its own has this. */
const ofFileSystem = "lost+found";

/** A directory in it to prepare the state in. Throws `conflict` when there is a state already. */
export async function prepareDraft(stateDirectory: string): Promise<string> {
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  const names = (await readdir(stateDirectory)).filter((name) => name !== ofFileSystem);
  const isUnfinished = names.some(isDraft) && !names.includes(stateFiles.inventory);
  if (names.length > 0 && !isUnfinished) {
    throw new BerthError("conflict", `The state directory ${stateDirectory} is not empty`, {
      hint: "A controller is rebuilt where there is none: move it away, or give another one with --state DIR.",
    });
  }
  // Of an attempt that was cut off before its inventory was in place: nobody has used it.
  for (const name of names) await rm(join(stateDirectory, name), { recursive: true, force: true });
  return mkdtemp(join(stateDirectory, draftPrefix));
}

/** Moves the state into its place; the inventory last, since it is what makes a controller of it. */
export async function adoptDraft(draftState: string, draft: string, stateDirectory: string): Promise<void> {
  const names = await readdir(draftState);
  const others = names.filter((name) => name !== stateFiles.inventory);
  for (const name of [...others, stateFiles.inventory])
    await rename(join(draftState, name), join(stateDirectory, name));
  await rm(draft, { recursive: true, force: true });
}

/** Throws `conflict` where a rebuild was cut off: a controller would begin with a new inventory and unknown agents. */
export async function refuseUnfinishedRebuild(stateDirectory: string): Promise<void> {
  const names = await readdir(stateDirectory).catch((): string[] => []);
  if (!names.some(isDraft)) return;
  if (names.includes(stateFiles.inventory)) {
    for (const name of names.filter(isDraft)) await rm(join(stateDirectory, name), { recursive: true, force: true });
    return;
  }
  throw new BerthError("conflict", `Rebuilding the controller in ${stateDirectory} was cut off`, {
    hint: "Give `berth controller restore` again: it begins anew.",
  });
}

function isDraft(name: string): boolean {
  return name.startsWith(draftPrefix);
}
