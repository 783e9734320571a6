/** Hands traces of runs to whoever takes OTLP over HTTP, as OpenTelemetry's environment variables say. */
import { context, diag, DiagLogLevel, SpanStatusCode, trace, type SpanContext } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from "@opentelemetry/sdk-trace";
import type { RunTrace, SpanDescription } from "./spans.ts";

export interface TraceExport {
  send: (trace: RunTrace) => void;
  /** Waits a few seconds at most for what is still to be sent. */
  close: () => Promise<void>;
}

/** A run of the largest fleet has fewer spans; what is over it would be dropped. */
const mostSpans = 65_536;
const sendMilliseconds = 3_000;

interface ExportOptions {
  version: string;
  /** A pino logger, or part of one. */
  log: { warn: (message: string) => void };
}

/** Reads OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS, _TIMEOUT and the like, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES. */
export function openTraceExport({ version, log }: ExportOptions): TraceExport {
  const warn = (...parts: unknown[]): void => log.warn(`Traces: ${parts.map(String).join(" ")}`);
  const silent = (): void => undefined;
  const logger = { error: warn, warn, info: silent, debug: silent, verbose: silent };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const named = process.env["OTEL_SERVICE_NAME"] === undefined ? { "service.name": "berth" } : {};
  const resource = defaultResource().merge(resourceFromAttributes({ ...named, "service.version": version }));
  const exporter = tellingFailures(new OTLPTraceExporter(), warn);
  const processor = new BatchSpanProcessor({ exporter, maxQueueSize: mostSpans, scheduledDelayMillis: 1000 });
  const provider = new TracerProvider({ resource, spanProcessors: [processor] });
  const tracer = provider.getTracer("berth", version);

  return {
    send({ run, steps }) {
      const root = tracer.startSpan(run.name, { startTime: run.startedAt, attributes: run.attributes, root: true });
      const within = trace.setSpan(context.active(), root);
      const spans = new Map<string, SpanContext>();
      for (const step of steps) {
        const links = step.after.flatMap((id) => spans.get(id) ?? []).map((of) => ({ context: of }));
        const { name, startedAt: startTime, attributes } = step;
        const span = tracer.startSpan(name, { startTime, attributes, links }, within);
        spans.set(step.id, span.spanContext());
        const withinStep = trace.setSpan(within, span);
        for (const phase of step.phases) {
          const { name: phaseName, startedAt, attributes: of } = phase;
          end(tracer.startSpan(phaseName, { startTime: startedAt, attributes: of }, withinStep), phase);
        }
        end(span, step);
      }
      end(root, run);
    },
    async close() {
      // Sends what is left, too.
      const sent = provider.shutdown().then(
        () => true,
        () => true,
      );
      const isSent = await Promise.race([sent, elapsed(sendMilliseconds).then(() => false)]);
      if (!isSent) warn(`what is left was not taken within ${sendMilliseconds / 1000} s`);
    },
  };
}

/** The processor keeps failures to itself when it is flushed. */
function tellingFailures(exporter: SpanExporter, warn: (message: string) => void): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error !== undefined) warn(`${spans.length} spans were not taken: ${result.error.message}`);
        done(result);
      }),
    shutdown: async () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

function end(span: ReturnType<ReturnType<TracerProvider["getTracer"]>["startSpan"]>, of: SpanDescription): void {
  if (of.error !== null) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: of.error.message });
    span.setAttribute("error.type", of.error.code);
  }
  span.end(of.endedAt);
}

async function elapsed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
