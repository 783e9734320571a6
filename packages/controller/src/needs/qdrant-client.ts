/** The way to the fleet's Qdrant servers, with the API key: every request has a deadline. */
import { BerthError, toBerthError } from "@berth/shared/errors";
import { QdrantClient, QdrantClientTimeoutError } from "@qdrant/js-client-rest";
import * as z from "zod";

export interface QdrantServer {
  address: string;
  port: number;
  /** Gives every right; instances get tokens that are signed with it. */
  apiKey: string;
}

/** From connecting to the last byte of the answer. */
const requestMilliseconds = 30_000;

export function openClient({ address, port, apiKey }: QdrantServer): QdrantClient {
  return new QdrantClient({
    url: `http://${address}:${port}`,
    // Named as a header, since the client's own option writes a warning about plain HTTP to the console.
    headers: { "api-key": apiKey },
    timeout: requestMilliseconds,
    checkCompatibility: false,
  });
}

/** Answers that are not a success: JSON with a sentence, or plain text where the key itself was refused. */
const refusalSchema = z.object({
  status: z.int(),
  data: z
    .union([z.object({ status: z.object({ error: z.string() }) }), z.string()])
    .optional()
    .catch(undefined),
});

/** The HTTP status of a refusal by the server; undefined for anything else. */
export function refusalStatus(error: unknown): number | undefined {
  return refusalSchema.safeParse(error).data?.status;
}

/** Runs work on a server; whatever fails is `store.failed`. */
export async function withQdrant<T>(server: QdrantServer, work: (client: QdrantClient) => Promise<T>): Promise<T> {
  try {
    return await work(openClient(server));
  } catch (error) {
    if (error instanceof BerthError) throw error;
    throw new BerthError("store.failed", `Qdrant at ${server.address}:${server.port} ${told(error)}`, {
      hint: "See `berth logs shared-qdrant`",
      cause: error,
    });
  }
}

function told(error: unknown): string {
  if (error instanceof QdrantClientTimeoutError) return `gave no answer within ${requestMilliseconds / 1000} s`;
  const refusal = refusalSchema.safeParse(error).data;
  if (refusal?.status === 401) return "does not take the API key that Berth has for it";
  if (refusal !== undefined) {
    const reason = typeof refusal.data === "string" ? refusal.data : refusal.data?.status.error;
    return `answered ${refusal.status}${reason === undefined ? "" : `: ${reason}`}`;
  }
  return `cannot be asked: ${toBerthError(innermost(error)).message}`;
}

/** `fetch` says "fetch failed" and gives the reason as its cause. */
function innermost(error: unknown): unknown {
  return error instanceof TypeError && error.cause !== undefined ? innermost(error.cause) : error;
}
