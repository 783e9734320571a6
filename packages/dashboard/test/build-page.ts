import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The page as it is served, built into `directory`. */
export async function buildPage(directory: string): Promise<void> {
  await build({ root, logLevel: "error", build: { outDir: directory, emptyOutDir: true } });
}
