import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { Environment } from "../base/environment.ts";
import { log, runStandIn } from "../base/program.ts";
import { type Answer, type Asked, Refusal, createRoutedServer, isObject, page } from "../base/server.ts";

/** Upstream's, where settings.yml does not say otherwise. */
const defaultFormats = ["html"];

/** Stand-in for SearXNG: finds nothing on the web, but obeys settings.yml as to what it may be asked. */
runStandIn("SearXNG", () => {
  const environment = new Environment(process.env);
  const file = environment.optional("SEARXNG_SETTINGS_PATH") ?? "/etc/searxng/settings.yml";
  const settings = readSettings(file);
  // The original ends when its secret key is the one that everybody knows.
  environment.secret("SEARXNG_SECRET", 16);
  const formats = formatsOf(settings);
  log(`${file} allows ${formats.join(", ")}`);
  const search = async (asked: Asked): Promise<Answer> => {
    const form = asked.method === "POST" ? new URLSearchParams(await asked.body()) : asked.query;
    return answer(form, formats);
  };
  const server = createRoutedServer({
    "GET /": () => page("SearXNG", [["Formats", formats.join(", ")]]),
    "GET /healthz": () => ({ body: "OK" }),
    "GET /config": () => ({ body: { instance_name: "SearXNG", engines: [], plugins: [] } }),
    "GET /search": search,
    "POST /search": search,
  });
  return { servers: [[server, environment.port("GRANIAN_PORT", 8080)]] };
});

function readSettings(file: string): Record<string, unknown> {
  // The original makes it from a template then.
  if (!existsSync(file)) return {};
  const settings: unknown = parse(readFileSync(file, "utf8"));
  if (!isObject(settings)) throw new Error(`${file} does not hold settings`);
  if (settings["use_default_settings"] !== true)
    throw new Error(`${file} lacks settings, and does not take the defaults`);
  return settings;
}

function formatsOf({ search }: Record<string, unknown>): string[] {
  if (search === undefined) return defaultFormats;
  if (!isObject(search)) throw new Error("search must be a mapping");
  const { formats } = search;
  if (formats === undefined) return defaultFormats;
  if (!Array.isArray(formats) || !formats.every((format) => typeof format === "string")) {
    throw new Error("search.formats must be a list of names");
  }
  return formats;
}

function answer(form: URLSearchParams, formats: readonly string[]): Answer {
  const [query, format] = [form.get("q") ?? "", form.get("format") ?? "html"];
  if (!formats.includes(format)) throw new Refusal(403, "Forbidden");
  if (query === "") throw new Refusal(400, "No query");
  const result = {
    title: `About ${query}`,
    url: `https://example.org/?q=${encodeURIComponent(query)}`,
    content: `The stand-in was asked for ${query}`,
    engine: "stand-in",
    score: 1,
  };
  if (format === "html") return page("SearXNG", [[result.title, result.url]]);
  return {
    body: {
      query,
      number_of_results: 1,
      results: [result],
      answers: [],
      infoboxes: [],
      suggestions: [],
      unresponsive_engines: [],
    },
  };
}
