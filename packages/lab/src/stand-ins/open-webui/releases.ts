/** What a release does wrong, if anything. */
export const misbehaviours = [
  "fails-to-start",
  "starts-unhealthy",
  "starts-slowly",
  "crashes-later",
  "corrupts-data",
  "migrates-then-dies",
  "fills-the-disk",
  "hangs-on-stop",
] as const;
export type Misbehaviour = (typeof misbehaviours)[number];

export interface Release {
  /** The image's tag; a release that differs from a good one says so in its name. */
  tag: string;
  /** Version of the database's shape. A release brings older data up to it and refuses newer data: no way back. */
  schema: number;
  misbehaviour?: Misbehaviour;
  /** The registry lacks its topmost layer. */
  lacksLayer?: true;
}

/** The releases of the stand-in: two good ones, and one for each way an upgrade can go. */
export const releases: readonly Release[] = [
  { tag: "v0.11.1", schema: 1 },
  { tag: "v0.11.2", schema: 1 },
  { tag: "v0.11.3-migrates", schema: 2 },
  { tag: "v0.11.4-fails-to-start", schema: 2, misbehaviour: "fails-to-start" },
  { tag: "v0.11.5-starts-unhealthy", schema: 2, misbehaviour: "starts-unhealthy" },
  { tag: "v0.11.6-starts-slowly", schema: 1, misbehaviour: "starts-slowly" },
  { tag: "v0.11.7-crashes-later", schema: 2, misbehaviour: "crashes-later" },
  { tag: "v0.11.8-corrupts-data", schema: 2, misbehaviour: "corrupts-data" },
  { tag: "v0.11.9-migrates-then-dies", schema: 2, misbehaviour: "migrates-then-dies" },
  { tag: "v0.11.10-fills-the-disk", schema: 2, misbehaviour: "fills-the-disk" },
  { tag: "v0.11.11-hangs-on-stop", schema: 1, misbehaviour: "hangs-on-stop" },
  { tag: "v0.11.12-lacks-a-layer", schema: 1, lacksLayer: true },
];

export function findRelease(tag: string): Release {
  const release = releases.find((candidate) => candidate.tag === tag);
  if (release === undefined) throw new Error(`There is no release ${JSON.stringify(tag)} of the stand-in`);
  return release;
}

/** The environment's word on a single instance: which releases misbehave there, and how. */
export const misbehaviourVariable = "STAND_IN_MISBEHAVIOUR";

/** The release as this instance runs it: `v0.11.2=hangs-on-stop,v0.11.3-migrates=corrupts-data`. */
export function releaseWithin(environment: Readonly<Record<string, string | undefined>>, tag: string): Release {
  const release = findRelease(tag);
  const named = (environment[misbehaviourVariable] ?? "").split(",").find((entry) => entry.startsWith(`${tag}=`));
  if (named === undefined) return release;
  const misbehaviour = misbehaviours.find((candidate) => named === `${tag}=${candidate}`);
  if (misbehaviour === undefined) throw new Error(`${misbehaviourVariable} names no misbehaviour: ${named}`);
  return { ...release, misbehaviour };
}
