import { type Server, createServer } from "node:http";
import type { Store } from "./store.ts";

/** What the original's console is served by: here a page that says how things are, to anybody, without names. */
export function createConsoleServer(store: Store): Server {
  return createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page(store));
  });
}

function page({ buckets, identities }: Store): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>MinIO (stand-in)</title>
<h1>MinIO (stand-in)</h1><p>The lab cannot have the real one: this keeps objects, access keys, policies and quotas as
it does, and has no console.</p>
<table><tr><th>Buckets</th><td>${buckets.list().length}</td></tr>
<tr><th>Access keys</th><td>${Object.keys(identities.users()).length}</td></tr></table></html>`;
}
