/** Models as Ollama lists them, each a small file in its volume. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Some of https://ollama.com/library: size in bytes, and dimensions of an embedding. */
const library: Readonly<Record<string, { size: number; dimensions: number }>> = {
  "llama3.2:latest": { size: 2_019_393_189, dimensions: 3072 },
  "llama3.2:3b": { size: 2_019_393_189, dimensions: 3072 },
  "llama3.2:1b": { size: 1_321_098_329, dimensions: 2048 },
  "qwen3:0.6b": { size: 522_653_767, dimensions: 1024 },
  "nomic-embed-text:latest": { size: 274_302_450, dimensions: 768 },
  "all-minilm:latest": { size: 45_960_996, dimensions: 384 },
  "mxbai-embed-large:latest": { size: 669_615_493, dimensions: 1024 },
};

export interface Model {
  name: string;
  size: number;
  digest: string;
  dimensions: number;
}

/** A pull of the original takes minutes; this one shows as many reports in a quarter of a second. */
const reports = 10;
const reportMilliseconds = 25;

/** So long does the original keep a model in memory that nobody asks. */
const keepMilliseconds = 300_000;

export class Models {
  readonly #directory: string;
  /** By name, when it was last asked. */
  readonly #used = new Map<string, number>();

  /** `home` is /root/.ollama. */
  constructor(home: string) {
    this.#directory = join(home, "models");
    mkdirSync(this.#directory, { recursive: true });
  }

  list(): Model[] {
    return readdirSync(this.#directory)
      .filter((file) => file.endsWith(".json"))
      .map((file): Model => JSON.parse(readFileSync(join(this.#directory, file), "utf8")));
  }

  find(name: string): Model | undefined {
    return this.list().find((model) => model.name === fullName(name));
  }

  use({ name }: Model): void {
    this.#used.set(name, Date.now());
  }

  /** Those in memory, with when they leave it. */
  loaded(): { model: Model; expiresAt: Date }[] {
    return this.list().flatMap((model) => {
      const expiresAt = (this.#used.get(model.name) ?? 0) + keepMilliseconds;
      return expiresAt > Date.now() ? [{ model, expiresAt: new Date(expiresAt) }] : [];
    });
  }

  remove(name: string): boolean {
    if (this.find(name) === undefined) return false;
    rmSync(this.#file(fullName(name)));
    return true;
  }

  /** What the original reports of a pull, line by line; a name that is not in the library is told within. */
  async *pull(name: string): AsyncGenerator<Record<string, unknown>> {
    const known = library[fullName(name)];
    yield { status: "pulling manifest" };
    if (known === undefined) {
      yield { error: "pull model manifest: file does not exist" };
      return;
    }
    const digest = createHash("sha256").update(fullName(name)).digest("hex");
    const layer = { status: `pulling ${digest.slice(0, 12)}`, digest: `sha256:${digest}`, total: known.size };
    for (let report = 0; report <= reports; report += 1) {
      yield { ...layer, completed: Math.floor((known.size * report) / reports) };
      await pause(reportMilliseconds);
    }
    yield { status: "verifying sha256 digest" };
    yield { status: "writing manifest" };
    this.#write({ name: fullName(name), digest, ...known });
    yield { status: "success" };
  }

  #write(model: Model): void {
    const file = this.#file(model.name);
    writeFileSync(`${file}.new`, JSON.stringify(model));
    renameSync(`${file}.new`, file);
  }

  #file(name: string): string {
    return join(this.#directory, `${encodeURIComponent(name)}.json`);
  }
}

function fullName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1).includes(":") ? name : `${name}:latest`;
}

/** The same text has the same vector, of length one. */
export function embed(text: string, dimensions: number): number[] {
  const values = Array.from({ length: dimensions }, (_, index) => {
    const block = createHash("sha256")
      .update(`${Math.floor(index / 32)}:${text}`)
      .digest();
    return (block[index % 32] ?? 0) / 255 - 0.5;
  });
  const length = Math.hypot(...values) || 1;
  return values.map((value) => value / length);
}
