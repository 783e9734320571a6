/** The run endpoints of a test's controller: one run that goes through given states as a test says. */
import { livePath } from "@berth/shared/api/live";
import { liveRunSchema, type RunChange } from "@berth/shared/api/run-change";
import { getRun, getRunLogs, type LogLine, type Run } from "@berth/shared/api/runs";
import type { FastifyInstance } from "fastify";
import { serveEndpoint } from "../../api/endpoint.ts";
import { openEventStream, type EventStream } from "../../api/server-sent-events.ts";

export class TestRun {
  current: Run;
  readonly lines: LogLine[] = [];
  /** Connections to the stream so far. */
  connections = 0;
  #streams = new Set<EventStream>();
  #watched = Promise.withResolvers<void>();

  constructor(run: Run) {
    this.current = run;
  }

  /** Resolves once somebody listens to the stream. */
  get watched(): Promise<void> {
    return this.#watched.promise;
  }

  serve(app: FastifyInstance): void {
    serveEndpoint(app, getRun, async () => this.current);
    serveEndpoint(app, getRunLogs, async ({ query }) => ({
      lines: this.lines.filter(
        (line) => line.sequence > query.after && (query.step === undefined || line.step === query.step),
      ),
    }));
    app.get(livePath, (request, reply) => {
      const stream = openEventStream(request, reply);
      this.connections += 1;
      this.#streams.add(stream);
      stream.signal.addEventListener("abort", () => this.#streams.delete(stream));
      stream.send("run", liveRunSchema.parse(this.current));
      this.#watched.resolve();
    });
  }

  become(run: Run): void {
    this.current = run;
    for (const stream of this.#streams) stream.send("run", liveRunSchema.parse(run));
  }

  /** Tells of the steps that changed, as a controller does; `current` stays. */
  change(change: RunChange): void {
    for (const stream of this.#streams) stream.send("run.change", change);
  }

  log(line: LogLine): void {
    this.lines.push(line);
    for (const stream of this.#streams) stream.send("log", { ...line, run: this.current.id });
  }

  /** Breaks the streams, as a restarted controller does. */
  disconnect(): void {
    this.#watched = Promise.withResolvers();
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
  }
}
