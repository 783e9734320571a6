/** The dashboard's files, with headers that let it run nothing but its own. */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { contentSecurityPolicy, terminalContentSecurityPolicy, terminalPath } from "@berth/shared/api/page";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { answerNotFound } from "./errors.ts";

const terminalFile = "terminal.html";

const pageHeaders = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/** Views are paths of the page itself: what is no file and no API is answered with the page, which shows the view. */
export async function servePage(app: FastifyInstance, directory: string): Promise<void> {
  if (!existsSync(directory)) {
    app.setNotFoundHandler(answerNotFound);
    return;
  }
  await app.register(fastifyStatic, {
    root: directory,
    index: false,
    cacheControl: false,
    // The build has written scripts and style sheets compressed as well.
    preCompressed: true,
    setHeaders: (reply, path) => {
      // Files below assets/ carry a hash of their content in the name.
      const isHashed = path.includes("/assets/");
      const isTerminal = basename(path) === terminalFile;
      reply.headers({
        ...pageHeaders,
        // Nobody who opened it has a hand on it.
        ...(isTerminal ? { "cross-origin-opener-policy": "same-origin" } : {}),
        "content-security-policy": isTerminal ? terminalContentSecurityPolicy : contentSecurityPolicy,
        "cache-control": isHashed ? "public, max-age=31536000, immutable" : "no-cache",
      });
    },
  });
  app.addHook("onRequest", async (request, reply) => {
    if (isTerminalOf(request) && cameFromElsewhere(request)) await reply.redirect("/", 303);
  });
  app.get("/", { config: { role: "public" } }, (_, reply) => reply.sendFile("index.html"));
  app.get(terminalPath, { config: { role: "public" } }, (_, reply) => reply.sendFile(terminalFile));
  app.setNotFoundHandler((request, reply) =>
    isView(request) ? reply.sendFile("index.html") : answerNotFound(request, reply),
  );
}

function isView({ method, url, headers }: FastifyRequest): boolean {
  const isPath = !url.startsWith("/api/") && !url.startsWith("/agent/") && !url.startsWith("/assets/");
  return method === "GET" && isPath && headers.accept?.includes("text/html") === true;
}

function isTerminalOf({ url }: FastifyRequest): boolean {
  const path = url.split("?")[0];
  return path === terminalPath || path === `/${terminalFile}`;
}

/**
 * It opens a shell by itself, into which somebody may be told to paste: so it is opened from this page alone, or by an
 * address that a person has typed. A tenant's page is of the same site, and elsewhere all the same. Browsers tell where a
 * link stands wherever there is TLS.
 */
function cameFromElsewhere({ headers }: FastifyRequest): boolean {
  const site = headers["sec-fetch-site"];
  return site !== undefined && site !== "same-origin" && site !== "none";
}
