/**
 * MinIO's admin API, which its npm client does not have: users, policies and quotas. Paths, bodies and answers are those
 * of minio/madmin-go (user-, policy-, group- and quota-commands.go), API version 3, which all MinIO since 2020 speak.
 */
import aws4 from "aws4";
import * as z from "zod";
import { AdminRefusal, type ObjectStore, requestMilliseconds } from "./minio-client.ts";
import { encryptForAdmin } from "./minio-encryption.ts";
import type { PolicyDocument } from "./minio-policy.ts";

export interface StoreUser {
  enabled: boolean;
  /** Names of the policies attached to it. */
  policies: string[];
  groups: string[];
}

const userSchema = z
  .object({
    status: z.string(),
    policyName: z.string().default(""),
    memberOf: z.array(z.string()).nullish(),
  })
  .transform(({ status, policyName, memberOf }): StoreUser => ({
    enabled: status === "enabled",
    policies: policyName.split(",").filter((name) => name !== ""),
    groups: memberOf ?? [],
  }));

/** `quota` is the older name of `size`. */
const quotaSchema = z
  .object({ quota: z.int().default(0), size: z.int().default(0) })
  .transform(({ quota, size }) => (size > 0 ? size : quota));

/** A store that has never counted says so with a time in the year 1. */
const countsSchema = z
  .object({
    lastUpdate: z.string().transform((at) => new Date(at)),
    bucketsUsageInfo: z.record(z.string(), z.object({ size: z.int(), objectsCount: z.int() })).nullish(),
  })
  .transform(({ lastUpdate, bucketsUsageInfo }) => ({
    countedAt: lastUpdate.getTime() > 0 ? lastUpdate.toISOString() : null,
    counts: new Map(
      Object.entries(bucketsUsageInfo ?? {}).map(([bucket, { size, objectsCount }]) => [
        bucket,
        { bytes: size, objects: objectsCount },
      ]),
    ),
  }));

const refusalSchema = z.object({ Code: z.string(), Message: z.string() });

interface AdminRequest {
  method: "GET" | "PUT" | "DELETE";
  /** Of the command: add-user. */
  command: string;
  query: Record<string, string>;
  body?: Buffer;
}

/** The admin API of one store, asked as its root user. */
export class StoreAdmin {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** undefined: there is no such access key. */
  async user(accessKey: string): Promise<StoreUser | undefined> {
    const answer = await this.#find({ method: "GET", command: "user-info", query: { accessKey } }, [
      "XMinioAdminNoSuchUser",
    ]);
    return answer === undefined ? undefined : userSchema.parse(JSON.parse(answer));
  }

  /** Makes the access key or gives it another secret; enabled in both cases. */
  async putUser(accessKey: string, secretKey: string): Promise<void> {
    const data = Buffer.from(JSON.stringify({ secretKey, status: "enabled" }));
    const body = await encryptForAdmin(this.#store.secretKey, data);
    await this.#request({ method: "PUT", command: "add-user", query: { accessKey }, body });
  }

  /** What it is allowed ends at once, whatever it has signed before. */
  async disableUser(accessKey: string): Promise<void> {
    await this.#request({ method: "PUT", command: "set-user-status", query: { accessKey, status: "disabled" } });
  }

  /** Removes the access key and what was made from it. One that does not exist is no failure. */
  async removeUser(accessKey: string): Promise<void> {
    await this.#find({ method: "DELETE", command: "remove-user", query: { accessKey } }, ["XMinioAdminNoSuchUser"]);
  }

  /** The policy's document; undefined: there is none of this name. */
  async policy(name: string): Promise<unknown> {
    const answer = await this.#find({ method: "GET", command: "info-canned-policy", query: { name } }, [
      "XMinioAdminNoSuchPolicy",
    ]);
    return answer === undefined ? undefined : JSON.parse(answer);
  }

  async putPolicy(name: string, document: PolicyDocument): Promise<void> {
    const body = Buffer.from(JSON.stringify(document));
    await this.#request({ method: "PUT", command: "add-canned-policy", query: { name }, body });
  }

  /** A policy that does not exist is no failure. */
  async removePolicy(name: string): Promise<void> {
    await this.#find({ method: "DELETE", command: "remove-canned-policy", query: { name } }, [
      "XMinioAdminNoSuchPolicy",
    ]);
  }

  /** Attaches this policy and detaches every other. */
  async setPolicy(accessKey: string, policyName: string): Promise<void> {
    const query = { policyName, userOrGroup: accessKey, isGroup: "false" };
    await this.#request({ method: "PUT", command: "set-user-or-group-policy", query });
  }

  async leaveGroup(accessKey: string, group: string): Promise<void> {
    const change = { group, members: [accessKey], groupStatus: "enabled", isRemove: true };
    const body = Buffer.from(JSON.stringify(change));
    await this.#request({ method: "PUT", command: "update-group-members", query: {}, body });
  }

  /** What each bucket held when the store last counted, which it does by itself, minutes or hours apart. */
  async counts(): Promise<z.output<typeof countsSchema>> {
    const answer = await this.#request({ method: "GET", command: "datausageinfo", query: {} });
    return countsSchema.parse(JSON.parse(answer));
  }

  /** In bytes; null: none. */
  async quota(bucket: string): Promise<number | null> {
    const answer = await this.#find({ method: "GET", command: "get-bucket-quota", query: { bucket } }, [
      "XMinioAdminNoSuchQuotaConfiguration",
    ]);
    const bytes = answer === undefined ? 0 : quotaSchema.parse(JSON.parse(answer));
    return bytes === 0 ? null : bytes;
  }

  async setQuota(bucket: string, bytes: number | null): Promise<void> {
    const quota = { quota: bytes ?? 0, size: bytes ?? 0, rate: 0, requests: 0, quotatype: "hard" };
    const body = Buffer.from(JSON.stringify(quota));
    await this.#request({ method: "PUT", command: "set-bucket-quota", query: { bucket }, body });
  }

  /** undefined for the refusals that mean that there is nothing. */
  async #find(request: AdminRequest, absent: readonly string[]): Promise<string | undefined> {
    try {
      return await this.#request(request);
    } catch (error) {
      if (error instanceof AdminRefusal && absent.includes(error.code)) return undefined;
      throw error;
    }
  }

  async #request({ method, command, query, body }: AdminRequest): Promise<string> {
    const { endpoint, accessKey, secretKey } = this.#store;
    const origin = `${endpoint.tls === true ? "https" : "http"}://${endpoint.address}:${endpoint.port}`;
    const target = new URL(`/minio/admin/v3/${command}?${new URLSearchParams(query).toString()}`, origin);
    const { headers } = aws4.sign(
      {
        service: "s3",
        method,
        host: target.host,
        path: target.pathname + target.search,
        // The server wants the header, and the hash of an empty body too.
        ...(body === undefined ? {} : { body, headers: { "Content-Type": "application/octet-stream" } }),
      },
      { accessKeyId: accessKey, secretAccessKey: secretKey },
    );
    const response = await fetch(target, {
      method,
      headers: z.record(z.string(), z.coerce.string()).parse(headers),
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
      redirect: "error",
      signal: AbortSignal.timeout(requestMilliseconds),
    });
    const answer = await response.text();
    if (!response.ok) throw refusalOf(answer, response.status);
    return answer;
  }
}

function refusalOf(answer: string, status: number): AdminRefusal {
  const parsed = refusalSchema.safeParse(jsonOf(answer));
  return parsed.success
    ? new AdminRefusal(parsed.data.Code, `${parsed.data.Message} (${parsed.data.Code})`)
    : new AdminRefusal(`HTTP ${status}`, `its admin API gave status ${status}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Some refusals come as XML, or from a proxy.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
