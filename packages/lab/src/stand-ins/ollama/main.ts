import { Environment } from "../base/environment.ts";
import { runStandIn } from "../base/program.ts";
import {
  type Asked,
  type Answer,
  type Handler,
  Refusal,
  type Routes,
  createRoutedServer,
  textFrom,
} from "../base/server.ts";
import { type Model, Models, embed } from "./models.ts";

const version = "0.34.2";
/** Pages on the machine itself may always ask. */
const localOrigin = /^https?:\/\/(localhost|127\.0\.0\.1|0\.0\.0\.0)(:\d+)?$/;

/** Stand-in for Ollama: its API, with models that are names and sizes, and answers that repeat the question. */
runStandIn("Ollama", () => {
  const environment = new Environment(process.env);
  const port = portOf(environment.optional("OLLAMA_HOST") ?? "127.0.0.1:11434");
  const models = new Models(environment.optional("OLLAMA_HOME") ?? "/root/.ollama");
  const origins = (environment.optional("OLLAMA_ORIGINS") ?? "").split(",").filter((origin) => origin !== "");
  const routes = routesOf(models);
  const guarded = Object.entries(routes).map(([route, handler]) => [route, guard(origins, handler)] as const);
  return { servers: [[createRoutedServer(Object.fromEntries(guarded)), port]] };
});

/** "0.0.0.0:11434"; the address is not looked at: a container is reached at all of its own. */
function portOf(host: string): number {
  return new Environment({ OLLAMA_HOST: host.slice(host.lastIndexOf(":") + 1) }).port("OLLAMA_HOST", 11_434);
}

/** A request that a browser makes for a website names it, and is refused unless that was allowed. */
function guard(origins: readonly string[], handler: Handler): Handler {
  return (asked) => {
    const { origin } = asked.headers;
    const allowed = origin === undefined || localOrigin.test(origin) || origins.some((each) => fits(each, origin));
    if (!allowed) throw new Refusal(403, `Origin ${origin} is not allowed`);
    return handler(asked);
  };
}

function fits(pattern: string, origin: string): boolean {
  const [start = "", end] = pattern.split("*");
  return end === undefined ? pattern === origin : origin.startsWith(start) && origin.endsWith(end);
}

function routesOf(models: Models): Routes {
  return {
    "GET /": () => ({ body: "Ollama is running" }),
    "GET /api/version": () => ({ body: { version } }),
    "GET /api/tags": () => ({ body: { models: models.list().map((model) => ({ ...model, model: model.name })) } }),
    "GET /api/ps": () => ({
      body: {
        models: models.loaded().map(({ model: { name, size, digest }, expiresAt }) => ({
          ...{ name, model: name, size, digest, details: {} },
          expires_at: expiresAt.toISOString(),
          // There is no graphics card.
          size_vram: 0,
        })),
      },
    }),
    "GET /v1/models": () => ({
      body: { object: "list", data: models.list().map(({ name }) => ({ id: name, object: "model" })) },
    }),
    "POST /api/pull": async (asked) => pull(models, await asked.json()),
    "DELETE /api/delete": async (asked) => {
      const name = nameIn(await asked.json());
      if (!models.remove(name)) throw unknown(name);
      return { status: 200 };
    },
    "POST /api/generate": async (asked) => {
      const body = await asked.json();
      const model = present(models, body);
      return speak(model, body, (response) => ({ response }));
    },
    "POST /api/chat": async (asked) => {
      const body = await asked.json();
      const model = present(models, body);
      return speak(model, body, (content) => ({ message: { role: "assistant", content } }));
    },
    "POST /v1/chat/completions": (asked) => complete(models, asked),
    "POST /api/embed": async (asked) => {
      const body = await asked.json();
      const model = present(models, body);
      const inputs = [body["input"]].flat().map(String);
      return { body: { model: model.name, embeddings: inputs.map((input) => embed(input, model.dimensions)) } };
    },
  };
}

function pull(models: Models, body: Record<string, unknown>): Answer {
  const lines = models.pull(nameIn(body));
  return body["stream"] === false ? { body: lastOf(lines) } : { lines };
}

async function lastOf(lines: AsyncIterable<unknown>): Promise<unknown> {
  let last: unknown;
  for await (const line of lines) last = line;
  return last;
}

/** In pieces unless told otherwise, as the original does. */
function speak(model: Model, body: Record<string, unknown>, shape: (text: string) => object): Answer {
  const answer = answerTo(body);
  const base = { model: model.name, created_at: new Date().toISOString() };
  if (body["stream"] === false) return { body: { ...base, ...shape(answer), done: true, done_reason: "stop" } };
  const words = answer.split(/(?<= )/);
  return {
    lines: (async function* () {
      for (const word of words) yield { ...base, ...shape(word), done: false };
      yield { ...base, ...shape(""), done: true, done_reason: "stop" };
    })(),
  };
}

async function complete(models: Models, asked: Asked): Promise<Answer> {
  const body = await asked.json();
  const model = present(models, body);
  const message = { role: "assistant", content: answerTo(body) };
  return {
    body: { object: "chat.completion", model: model.name, choices: [{ index: 0, message, finish_reason: "stop" }] },
  };
}

function answerTo(body: Record<string, unknown>): string {
  const messages = body["messages"];
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  const asked = typeof last === "object" && last !== null && "content" in last ? last.content : body["prompt"];
  return `You said: ${textFrom(asked)}`;
}

function present(models: Models, body: Record<string, unknown>): Model {
  const name = nameIn(body);
  const model = models.find(name);
  if (model === undefined) throw unknown(name);
  models.use(model);
  return model;
}

/** The older API calls a model's name `name`. */
function nameIn(body: Record<string, unknown>): string {
  const name = body["model"] ?? body["name"];
  if (typeof name !== "string" || name === "") throw new Refusal(400, "model is required");
  return name;
}

function unknown(name: string): Refusal {
  return new Refusal(404, `model '${name}' not found`);
}
