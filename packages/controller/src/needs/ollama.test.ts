import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { ensureModels, fullName, loadedModels, observeModels, type EnsureModelsContext } from "./ollama.ts";
import { PullProgress } from "./ollama-progress.ts";

/** Has one model; of what is pulled, it knows two. */
class FakeOllama {
  readonly models = new Set(["nomic-embed-text:latest"]);
  readonly asked: string[] = [];
  pull: (model: string, response: ServerResponse) => void = (model, response) => {
    for (const completed of [0, 1e9, 2e9]) {
      response.write(line({ status: "pulling 6a0746a1ec1a", digest: "sha256:6a", total: 2e9, completed }));
    }
    response.write(line({ status: "verifying sha256 digest" }));
    this.models.add(fullName(model));
    response.end(line({ status: "success" }));
  };
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async listen(): Promise<{ address: string; port: number }> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const { port } = z.object({ port: z.int() }).parse(this.#server.address());
    return { address: "127.0.0.1", port };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("content-type", "application/json");
    if (request.url === "/api/tags") {
      response.end(JSON.stringify({ models: [...this.models].map((name) => ({ name, model: name })) }));
      return;
    }
    if (request.url === "/api/ps") {
      const loaded = { name: "llama3.2:3b", model: "llama3.2:3b", size: 3_000_000_000, size_vram: 2_000_000_000 };
      response.end(JSON.stringify({ models: [loaded] }));
      return;
    }
    // Ollama takes either word for it, and its client has the older one.
    const body = z.object({ model: z.string().optional(), name: z.string().optional() }).parse(await json(request));
    const model = body.model ?? body.name ?? "";
    this.asked.push(model);
    response.setHeader("content-type", "application/x-ndjson");
    response.write(line({ status: "pulling manifest" }));
    this.pull(model, response);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

let ollama: FakeOllama;
afterEach(() => ollama.close());

async function start(): Promise<{ lines: string[]; fractions: number[]; context: EnsureModelsContext }> {
  ollama = new FakeOllama();
  const [lines, fractions]: [string[], number[]] = [[], []];
  const log = (text: string, fraction?: number): void => {
    lines.push(text);
    if (fraction !== undefined) fractions.push(fraction);
  };
  return { lines, fractions, context: { server: await ollama.listen(), log, signal: AbortSignal.timeout(20_000) } };
}

const need = (...models: string[]) => ({ server: "shared-ollama", models });

describe("ensureModels", () => {
  it("pulls what is missing and tells how far it is", async () => {
    const { context, lines, fractions } = await start();
    expect(await ensureModels(need("nomic-embed-text", "llama3.2:3b", "phi4"), context)).toEqual({
      pulled: ["llama3.2:3b", "phi4"],
    });
    expect(ollama.asked).toEqual(["llama3.2:3b", "phi4"]);
    expect(lines).toContain("pulling llama3.2:3b: 50 % of 2.0 GB");
    expect(lines.at(-1)).toBe("pulled phi4");
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });

  it("does nothing when all are there", async () => {
    const { context, lines } = await start();
    expect(await ensureModels(need("nomic-embed-text"), context)).toEqual({ pulled: [] });
    expect(lines).toEqual([]);
  });

  it("says that a model does not exist, which trying again does not mend", async () => {
    const { context } = await start();
    ollama.pull = (_, response) => response.end(line({ error: "pull model manifest: file does not exist" }));
    await expect(ensureModels(need("lama3"), context)).rejects.toMatchObject({
      code: "not-found",
      message: "Ollama finds no model 'lama3'",
    });
  });

  it("says that a pull failed when its stream ends before its time", async () => {
    const { context } = await start();
    ollama.pull = (_, response) => response.end();
    await expect(ensureModels(need("phi4"), context)).rejects.toMatchObject({ code: "store.failed" });
  });

  it("ends a pull that says nothing any more", async () => {
    const { context } = await start();
    ollama.pull = () => undefined;
    await expect(ensureModels(need("phi4"), { ...context, silenceMilliseconds: 50 })).rejects.toMatchObject({
      code: "deadline.exceeded",
      message: expect.stringContaining("'phi4'"),
    });
  });

  it("ends a pull that is cancelled, with the reason for it", async () => {
    const { context } = await start();
    const controller = new AbortController();
    ollama.pull = () => controller.abort(new Error("enough"));
    await expect(ensureModels(need("phi4"), { ...context, signal: controller.signal })).rejects.toThrow("enough");
  });
});

describe("observeModels", () => {
  it("names the models that are missing", async () => {
    const { context } = await start();
    expect(await observeModels(need("nomic-embed-text:latest"), context)).toEqual({ exists: true, differences: [] });
    expect(await observeModels(need("nomic-embed-text", "phi4"), context)).toEqual({
      exists: true,
      differences: ["model 'phi4' is not pulled"],
    });
    expect(await observeModels(need("phi4"), context)).toMatchObject({ exists: false });
  });

  it("fails when nobody answers, naming the server", async () => {
    const { context } = await start();
    ollama.close();
    await expect(observeModels(need("phi4"), context)).rejects.toMatchObject({
      code: "store.failed",
      message: expect.stringContaining(`127.0.0.1:${context.server.port}`),
    });
  });
});

describe("fullName", () => {
  it.each([
    ["phi4", "phi4:latest"],
    ["llama3.2:3b", "llama3.2:3b"],
    ["hf.co/user/model", "hf.co/user/model:latest"],
    ["registry:5000/model:q4", "registry:5000/model:q4"],
  ])("%s is listed as %s", (name, full) => {
    expect(fullName(name)).toBe(full);
  });
});

describe("PullProgress", () => {
  it("tells of ten percent at a time, over all layers", () => {
    const progress = new PullProgress("m");
    const told = [];
    for (let completed = 0; completed <= 100; completed += 1) {
      told.push(progress.next({ status: "pulling a", digest: "a", total: 100, completed }));
    }
    expect(told.filter((each) => each !== undefined)).toHaveLength(10);
  });
});

describe("loadedModels", () => {
  it("tells what each takes of the machine's memory and of its graphics cards", async () => {
    const { context } = await start();
    expect(await loadedModels(context.server)).toEqual([
      { model: "llama3.2:3b", memoryBytes: 1_000_000_000, graphicsMemoryBytes: 2_000_000_000 },
    ]);
  });

  it("is a failure of the store when nobody answers", async () => {
    const { context } = await start();
    ollama.close();
    await expect(loadedModels(context.server)).rejects.toMatchObject({ code: "store.failed" });
  });
});
