import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { isMissingFile } from "../host/files.ts";
import { packageMirror } from "./definition.ts";

/** Serves the files of one folder, and nothing below or beside it. */
export function buildPackageServer(directory: string): Server {
  return createServer((request, response) => {
    void sendFile(directory, request.url ?? "/", response);
  });
}

async function sendFile(directory: string, url: string, response: ServerResponse): Promise<void> {
  try {
    const path = join(directory, basename(decodeURIComponent(new URL(url, "http://mirror").pathname)));
    const { size } = await stat(path);
    response.setHeader("content-length", size);
    await pipeline(createReadStream(path), response);
  } catch (error) {
    if (response.headersSent || !isMissingFile(error)) response.destroy();
    else response.writeHead(404).end();
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { directory: { type: "string" } } });
  if (values.directory === undefined) throw new Error("Which folder? Give --directory PATH");
  buildPackageServer(values.directory).listen(packageMirror.port, packageMirror.host);
}
