/** The way to the fleet's object stores, as their root user or as an owner: every request has a deadline. */
import http from "node:http";
import https from "node:https";
import { BerthError, toBerthError } from "@berth/shared/errors";
import { Client, S3Error } from "minio";

export interface ObjectStore {
  endpoint: { address: string; port: number; tls?: boolean };
  /** Of the root user (MINIO_ROOT_USER), as is `secretKey`. */
  accessKey: string;
  secretKey: string;
}

/** From connecting to the last byte of the answer. */
export const requestMilliseconds = 30_000;

type Transport = Pick<typeof http, "request">;

/** A client for buckets and objects; `credentials` other than the root user's are those of an owner. */
export function openClient(
  { endpoint, ...root }: ObjectStore,
  credentials: { accessKey: string; secretKey: string } = root,
): Client {
  return new Client({
    endPoint: endpoint.address,
    port: endpoint.port,
    useSSL: endpoint.tls === true,
    ...credentials,
    // MinIO's own default; without it the client asks for the region of each bucket first.
    region: "us-east-1",
    transport: withDeadline(endpoint.tls === true ? https : http),
    // A run tries a failed step again by itself, and says so.
    retryOptions: { disableRetry: true },
  });
}

/** The client itself waits for an answer as long as the connection lasts. */
function withDeadline({ request }: Transport): Transport {
  return {
    request(
      target: string | URL | http.RequestOptions,
      options?: http.RequestOptions | ((response: http.IncomingMessage) => void),
      callback?: (response: http.IncomingMessage) => void,
    ): http.ClientRequest {
      const signal = AbortSignal.timeout(requestMilliseconds);
      if (typeof target === "string" || target instanceof URL) {
        return typeof options === "function"
          ? request(target, { signal }, options)
          : request(target, { ...options, signal }, callback);
      }
      return request({ ...target, signal }, typeof options === "function" ? options : callback);
    },
  };
}

/** The S3 or admin error code of a refusal by the store: NoSuchBucket, SignatureDoesNotMatch. */
export function refusalCode(error: unknown): string | undefined {
  return error instanceof S3Error || error instanceof AdminRefusal ? error.code : undefined;
}

/** An answer of the admin API that is not a success. */
export class AdminRefusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "AdminRefusal";
    this.code = code;
  }
}

/** Runs work on a store; whatever fails is `store.failed`. */
export async function withStore<T>({ endpoint }: ObjectStore, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BerthError) throw error;
    throw new BerthError("store.failed", `The object store at ${endpoint.address}:${endpoint.port} ${told(error)}`, {
      hint: "See `berth logs shared-minio`",
      cause: error,
    });
  }
}

function told(error: unknown): string {
  const reason = innermost(error);
  if (reason instanceof Error && ["AbortError", "TimeoutError"].includes(reason.name)) {
    return `gave no answer within ${requestMilliseconds / 1000} s`;
  }
  const code = refusalCode(reason);
  if (code === "InvalidAccessKeyId" || code === "SignatureDoesNotMatch") {
    return "does not take the root user's name and password that Berth has for it";
  }
  return `answered: ${toBerthError(reason).message}`;
}

/** `fetch` says "fetch failed" and gives the reason as its cause. */
function innermost(error: unknown): unknown {
  return error instanceof TypeError && error.cause !== undefined ? innermost(error.cause) : error;
}
