import { type ErrorBody } from "@berth/shared/api/errors";
import { BerthError, errorCatalogue } from "@berth/shared/errors";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from "fastify-type-provider-zod";
import { FleetInvalid } from "../apply/fleet-invalid.ts";

export function errorBody(error: BerthError): ErrorBody {
  const problems = error instanceof FleetInvalid ? { problems: [...error.problems] } : {};
  return { error: { ...error.toBody(), ...problems } };
}

/** Every failure leaves as an entry of the catalogue; what is our own mistake is logged with its stack. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = classify(error);
    if (known.code === "internal") request.log.error({ err: error }, "A request failed by a mistake in Berth");
    if (known.retryAfterSeconds !== undefined) reply.header("retry-after", String(known.retryAfterSeconds));
    return reply.status(errorCatalogue[known.code].httpStatus).send(errorBody(known));
  });
}

export function answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const missing = new BerthError(
    "not-found",
    `Nothing is at ${request.method} ${request.originalUrl.split("?")[0] ?? ""}`,
  );
  return reply.status(404).send(errorBody(missing));
}

function classify(error: FastifyError): BerthError {
  if (error instanceof BerthError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const first = error.validation[0];
    const where = first?.instancePath.replaceAll("/", ".").slice(1) ?? "";
    return new BerthError("request.invalid", where === "" ? `${first?.message}` : `${where}: ${first?.message}`);
  }
  if (isResponseSerializationError(error)) return new BerthError("internal", "The answer did not fit its own contract");
  if (error.statusCode !== undefined && error.statusCode < 500) return new BerthError("request.invalid", error.message);
  // What an unforeseen error says may hold anything, a secret too: it belongs in the log only.
  return new BerthError("internal", "Something went wrong in the controller; its log says what");
}
