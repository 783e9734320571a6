import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { WebuiDatabase } from "./database.ts";
import { answersHealthy } from "./misbehaviour.ts";
import type { Release } from "./releases.ts";
import { search } from "./connections.ts";
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

interface Answer {
  status: number;
  body: unknown;
}

const databaseDeadlineMs = 2000;
const bodyLimit = 65_536;

/**
 * Open WebUI's health and version paths, a page, chats without accounts and a web search: enough to see data come and
 * go. Unlike the original's, its health tells when a service refuses the instance.
 */
export function createWebServer(application: Application): Server {
  return createServer((request, response) => {
    answer(application, request, response).catch((error: unknown) => {
      send(response, { status: 500, body: { detail: error instanceof Error ? error.message : String(error) } });
    });
  });
}

async function answer(application: Application, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  const route = `${request.method ?? "GET"} ${path}`;
  if (route === "GET /") {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page(application));
    return;
  }
  send(response, await answerJson(application, route, request));
}

async function answerJson(application: Application, route: string, request: IncomingMessage): Promise<Answer> {
  const { database, release, settings, watch } = application;
  switch (route) {
    case "GET /health": {
      const { refusals, connections } = watch;
      const isHealthy = answersHealthy(release.misbehaviour, application.uptime()) && refusals.length === 0;
      const isReady = isHealthy && connections !== undefined;
      return { status: isReady ? 200 : 503, body: { status: isReady, ...(refusals.length === 0 ? {} : { refusals }) } };
    }
    case "GET /health/connections":
      return { status: 200, body: await watch.try() };
    case "GET /health/db":
      database.check();
      if (settings.databaseServer !== undefined) await reach(settings.databaseServer);
      return { status: 200, body: { status: true } };
    case "GET /api/version":
      return { status: 200, body: { version: release.tag.slice(1), schema: database.schema } };
    case "GET /api/v1/chats":
      return { status: 200, body: database.chats() };
    case "GET /api/v1/retrieval/web/search":
      if (settings.searxngQueryUrl === undefined) return { status: 400, body: { detail: "Web search is off" } };
      return { status: 200, body: await search(settings.searxngQueryUrl, queryOf(request)) };
    case "POST /api/v1/chats":
      return addChat(database, request);
    default:
      return { status: 404, body: { detail: "Not Found" } };
  }
}

async function addChat(database: WebuiDatabase, request: IncomingMessage): Promise<Answer> {
  const length = Number(request.headers["content-length"] ?? "0");
  if (length > bodyLimit) return { status: 413, body: { detail: "Too long" } };
  const title = titleOf(await text(request));
  if (title === undefined) return { status: 422, body: { detail: 'Send {"title": "…"}' } };
  return { status: 200, body: database.addChat(title) };
}

function queryOf(request: IncomingMessage): string {
  return new URL(request.url ?? "/", "http://localhost").searchParams.get("q") ?? "";
}

function titleOf(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const isChat = typeof value === "object" && value !== null && "title" in value;
    return isChat && typeof value.title === "string" ? value.title : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Connects to the database server, to say whether it could be used. */
function reach(server: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...server, timeout: databaseDeadlineMs }, () => {
      socket.destroy();
      resolve();
    });
    socket.once("timeout", () => socket.destroy(new Error("The database server does not answer")));
    socket.once("error", reject);
  });
}

function page({ release, settings, database }: Application): string {
  const rows = [
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
  const table = rows.map(([name = "", value = ""]) => `<tr><th>${escape(name)}</th><td>${escape(value)}</td></tr>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Open WebUI (stand-in)</title>
<h1>Open WebUI (stand-in)</h1><p>The lab cannot have the real one: this only behaves like it towards Berth.</p>
<table>${table.join("")}</table></html>`;
}

function escape(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
