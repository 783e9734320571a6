/** What a release does wrong, if anything. */
export type Misbehaviour = "fails-to-start" | "starts-unhealthy" | "starts-slowly" | "crashes-later" | "corrupts-data";

export interface Release {
  /** The image's tag; a release that differs from a good one says so in its name. */
  tag: string;
  /** Version of the database's shape. A release brings older data up to it and refuses newer data: no way back. */
  schema: number;
  misbehaviour?: Misbehaviour;
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
];

export function findRelease(tag: string): Release {
  const release = releases.find((candidate) => candidate.tag === tag);
  if (release === undefined) throw new Error(`There is no release ${JSON.stringify(tag)} of the stand-in`);
  return release;
}
