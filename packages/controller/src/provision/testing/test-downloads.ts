import { type Downloads, prepareDownloads } from "../install/downloads.ts";
import type { TemporaryDirectory } from "./temporary-directory.ts";

/** A tiny agent of version 1.2.3, and a runtime that is none, for tests that send nothing large. */
export async function testDownloads(directory: TemporaryDirectory): Promise<Downloads> {
  await directory.write("agent.mjs", "console.log('agent')");
  const prepared = await prepareDownloads({
    directory: `${directory.path}/downloads`,
    agentBundle: directory.path,
    version: "1.2.3",
    beginRuntime: false,
  });
  const file = await directory.write("node.gz", "a runtime");
  return {
    ...prepared,
    runtimeFor: async (architecture) => ({
      path: "/agent/downloads/node.gz",
      file,
      sha256: "1".repeat(64),
      size: 9,
      kind: "runtime",
      architecture,
    }),
  };
}
