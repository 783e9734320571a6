/** Models of the fleet's Ollama: which it lacks, and having it pull them. It goes on where a pull was cut off. */
import { BerthError, toBerthError } from "@berth/shared/errors";
import type { ModelsNeed } from "@berth/shared/operations/models-ensure";
import { Ollama } from "ollama";
import type { ObservedNeed } from "../plan/observed.ts";
import { PullProgress } from "./ollama-progress.ts";

export interface OllamaServer {
  address: string;
  port: number;
}

export interface LoadedModel {
  model: string;
  memoryBytes: number;
  /** Of graphics cards. */
  graphicsMemoryBytes: number;
}

export interface EnsureModelsContext {
  server: OllamaServer;
  /** `fraction` is of all that is to be pulled, 0 to 1. */
  log: (line: string, fraction?: number) => void;
  /** Ends the pulls; what was pulled so far is kept. */
  signal: AbortSignal;
  /** How long a pull may say nothing; four minutes unless a test says otherwise. */
  silenceMilliseconds?: number;
}

const listMilliseconds = 15_000;
/** Checking a model's digest says nothing until it is done, at about the speed of the disk. */
const silenceMilliseconds = 240_000;

/** Pulls what is missing, one after the other. Throws `store.failed`, or `not-found` for a model that nobody has. */
export async function ensureModels(need: ModelsNeed, context: EnsureModelsContext): Promise<{ pulled: string[] }> {
  const { server, signal, log } = context;
  const present = await listModels(server, signal);
  const missing = need.models.filter((model) => !present.has(fullName(model)));
  for (const [index, model] of missing.entries()) {
    await pullModel(model, { ...context, log: (line, part) => log(line, (index + (part ?? 0)) / missing.length) });
  }
  return { pulled: missing };
}

/** Exists once all of its models are there. Throws `store.failed` when Ollama does not answer. */
export async function observeModels(need: ModelsNeed, { server }: { server: OllamaServer }): Promise<ObservedNeed> {
  const present = await listModels(server);
  const missing = need.models.filter((model) => !present.has(fullName(model)));
  return {
    exists: missing.length < need.models.length,
    differences: missing.map((model) => `model '${model}' is not pulled`),
  };
}

/** Models that are in memory at this moment. Throws `store.failed` when Ollama does not answer. */
export async function loadedModels(server: OllamaServer): Promise<LoadedModel[]> {
  const client = openClient(server, AbortSignal.timeout(listMilliseconds));
  try {
    const { models } = await client.ps();
    return models.map(({ name, size, size_vram: graphics }) => ({
      model: name,
      memoryBytes: Math.max(size - graphics, 0),
      graphicsMemoryBytes: graphics,
    }));
  } catch (error) {
    throw failure(server, error, []);
  }
}

/** As Ollama lists it: without a tag, a model's is `latest`. */
export function fullName(model: string): string {
  const last = model.slice(model.lastIndexOf("/") + 1);
  return last.includes(":") ? model : `${model}:latest`;
}

async function listModels(server: OllamaServer, ...signals: AbortSignal[]): Promise<Set<string>> {
  const client = openClient(server, AbortSignal.any([AbortSignal.timeout(listMilliseconds), ...signals]));
  try {
    const { models } = await client.list();
    return new Set(models.map(({ name }) => name));
  } catch (error) {
    throw failure(server, error, signals);
  }
}

async function pullModel(model: string, context: EnsureModelsContext): Promise<void> {
  const { server, log, signal } = context;
  const silence = watchSilence(context.silenceMilliseconds ?? silenceMilliseconds, model);
  const client = openClient(server, AbortSignal.any([signal, silence.signal]));
  const progress = new PullProgress(model);
  try {
    log(`pulling ${model}`, 0);
    for await (const message of await client.pull({ model, stream: true })) {
      silence.heard();
      const told = progress.next(message);
      if (told !== undefined) log(told.line, told.fraction);
    }
    log(`pulled ${model}`, 1);
  } catch (error) {
    if (signal.aborted || !isUnknownModel(error)) throw failure(server, error, [signal, silence.signal]);
    throw new BerthError("not-found", `Ollama finds no model '${model}'`, {
      hint: "Write it as https://ollama.com/library does, with its tag: llama3.2:3b",
      cause: error,
    });
  } finally {
    silence.stop();
  }
}

/** Aborts once nothing was heard for so long. */
function watchSilence(milliseconds: number, model: string) {
  const controller = new AbortController();
  const end = (): void => {
    const message = `Ollama said nothing for ${milliseconds / 1000} s while it pulled '${model}'`;
    controller.abort(
      new BerthError("deadline.exceeded", message, {
        hint: "See `berth logs shared-ollama`; a pull goes on where it was",
      }),
    );
  };
  let timer = setTimeout(end, milliseconds);
  return {
    signal: controller.signal,
    heard(): void {
      clearTimeout(timer);
      timer = setTimeout(end, milliseconds);
    },
    stop: (): void => clearTimeout(timer),
  };
}

/** The client takes no signal for most requests; all of them end with this one. */
function openClient({ address, port }: OllamaServer, signal: AbortSignal): Ollama {
  return new Ollama({
    host: `http://${address}:${port}`,
    fetch: (input, init) => {
      const own = init?.signal;
      return fetch(input, { ...init, signal: own == null ? signal : AbortSignal.any([signal, own]) });
    },
  });
}

/** What Ollama's registry says of a name it does not have comes as text, within a stream that began well. */
function isUnknownModel(error: unknown): boolean {
  return error instanceof Error && /file does not exist|model .*not found|invalid model name/i.test(error.message);
}

function failure({ address, port }: OllamaServer, error: unknown, signals: readonly AbortSignal[]): unknown {
  for (const { aborted, reason } of signals) if (aborted) return reason;
  if (error instanceof BerthError) return error;
  const reason = error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
  const timedOut = reason instanceof DOMException && reason.name === "TimeoutError";
  const told = timedOut ? `gave no answer within ${listMilliseconds / 1000} s` : `: ${toBerthError(reason).message}`;
  return new BerthError("store.failed", `Ollama at ${address}:${port}${timedOut ? " " : ""}${told}`, {
    hint: "See `berth logs shared-ollama`",
    cause: error,
  });
}
