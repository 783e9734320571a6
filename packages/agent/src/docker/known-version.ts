/** Docker's version, as it told it last. */
import { toBerthError } from "@berth/shared/errors";
import type { Log } from "../log.ts";
import type { Engine } from "./engine.ts";

export class KnownVersion {
  readonly #engine: Pick<Engine, "version">;
  readonly #log: Log;
  /** null: it never told one. */
  value: string | null = null;

  constructor(engine: Pick<Engine, "version">, log: Log) {
    this.#engine = engine;
    this.#log = log;
  }

  async read(): Promise<void> {
    try {
      this.value = await this.#engine.version();
    } catch (error) {
      this.#log.warn({ reason: toBerthError(error).message }, "Docker does not tell its version");
    }
  }
}
