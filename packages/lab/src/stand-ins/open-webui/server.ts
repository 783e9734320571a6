import type { Server } from "node:http";
import { reach } from "../base/reach.ts";
import { type Answer, type Asked, createRoutedServer, page } from "../base/server.ts";
import { search } from "./connections.ts";
import type { WebuiDatabase } from "./database.ts";
import { answersHealthy } from "./misbehaviour.ts";
import type { Release } from "./releases.ts";
import type { Settings } from "./settings.ts";
import type { Watch } from "./watch.ts";

export interface Application {
  release: Release;
  settings: Settings;
  database: WebuiDatabase;
  watch: Watch;
  /** Seconds since the start. */
  uptime: () => number;
}

/**
 * Open WebUI's health and version paths, a page, chats without accounts and a web search: enough to see data come and
 * go. Unlike the original's, its health tells when a service refuses the instance.
 */
export function createWebServer(application: Application): Server {
  const { database, release, settings, watch } = application;
  return createRoutedServer({
    "GET /": () => page("Open WebUI", rows(application)),
    "GET /health": () => health(application),
    "GET /health/connections": async () => ({ body: await watch.try() }),
    "GET /health/db": async () => {
      database.check();
      if (settings.databaseServer !== undefined)
        await reach(settings.databaseServer.host, settings.databaseServer.port);
      return { body: { status: true } };
    },
    "GET /api/version": () => ({ body: { version: release.tag.slice(1), schema: database.schema } }),
    "GET /api/v1/chats": () => ({ body: database.chats() }),
    "POST /api/v1/chats": async ({ json }) => addChat(application, await json()),
    "GET /api/v1/retrieval/web/search": async ({ query }) => {
      if (settings.searxngQueryUrl === undefined) return { status: 400, body: { detail: "Web search is off" } };
      return { body: await search(settings.searxngQueryUrl, query.get("q") ?? "") };
    },
  });
}

function health({ release, uptime, watch }: Application): Answer {
  const { refusals, connections } = watch;
  const isHealthy = answersHealthy(release.misbehaviour, uptime()) && refusals.length === 0;
  const isReady = isHealthy && connections !== undefined;
  return { status: isReady ? 200 : 503, body: { status: isReady, ...(refusals.length === 0 ? {} : { refusals }) } };
}

/** Tells which release it was: not the one that was there a moment before, perhaps. */
function addChat({ database, release }: Application, { title }: Awaited<ReturnType<Asked["json"]>>): Answer {
  if (typeof title !== "string") return { status: 422, body: { detail: 'Send {"title": "…"}' } };
  return { body: { ...database.addChat(title), release: release.tag } };
}

function rows({ release, settings, database }: Application): [string, string][] {
  return [
    ["Release", release.tag],
    ["Chats", String(database.chats().length)],
    ["Ollama", settings.ollamaBaseUrls.join(", ") || "none"],
    ["OpenAI-compatible", `${settings.openaiBaseUrls.join(", ") || "none"} (${settings.openaiKeyCount} keys)`],
    [
      "Vectors",
      settings.qdrant === undefined ? settings.vectorDatabase : `${settings.qdrant.uri} ${settings.qdrant.prefix}`,
    ],
    ["Files", settings.objectStore?.bucket ?? settings.dataDirectory],
    ["Web search", settings.searxngQueryUrl ?? "none"],
  ];
}
