/** The first file of an archive: what it is of, and which files follow. */
import { isAbsolute, normalize } from "node:path";
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";

export const manifestPath = "manifest.json";
/** Of the archive: what a later Berth changes so that this one cannot read it has another number. */
const format = 1;

/** Which folder a file belongs to: the state directory, the configuration directory, or it is named by its whole path. */
export const fileRootSchema = z.enum(["state", "configuration", "elsewhere"]);
export type FileRoot = z.output<typeof fileRootSchema>;

const relativePathSchema = z
  .string()
  .min(1)
  .refine((path) => !isAbsolute(path) && normalize(path) === path && !path.split("/").includes(".."), {
    error: "leads out of its directory",
  });

export const manifestSchema = z.object({
  format: z.literal(format),
  id: z.string(),
  berth: z.string().describe("Version of the controller"),
  fleet: z.string().nullable(),
  createdAt: z.iso.datetime(),
  address: z.string().nullable().describe("Where agents reach the controller: HOST:PORT"),
  serve: z.array(z.string()).describe("Arguments of `berth serve`"),
  files: z.array(z.object({ root: fileRootSchema, path: relativePathSchema })),
});
export type Manifest = z.output<typeof manifestSchema>;

export function newManifest(manifest: Omit<Manifest, "format">): Manifest {
  return { format, ...manifest };
}

/** `state/inventory.sqlite` */
export function archivePath({ root, path }: Manifest["files"][number]): string {
  return `${root}/${path}`;
}

export function readManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const found = z.object({ format: z.int() }).safeParse(value);
  if (found.success && found.data.format > format) {
    throw new BerthError("request.invalid", "The backup was made by a newer Berth", {
      hint: "Rebuild the controller with the version that made it, or a newer one.",
    });
  }
  throw new BerthError("backup.damaged", "This is no backup of a controller: it does not begin with a manifest");
}
