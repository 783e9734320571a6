/** The part of MinIO's admin API (version 3) that looks after users, groups, policies and quotas. */
import { randomBytes } from "node:crypto";
import { decrypt, encrypt } from "./encryption.ts";
import { Refusal } from "./errors.ts";
import type { Identity } from "./identities.ts";
import { readText } from "./payload.ts";
import { isRecord, parseJson, parsePolicy } from "./policy.ts";
import { type Answer, decisionOn, type Request } from "./request.ts";
import type { Store } from "./store.ts";

interface AdminCall {
  store: Store;
  request: Request;
  identity: Identity;
  /** A parameter that must be there. */
  parameter: (name: string) => string;
}

interface Command {
  /** The admin API's action that must be allowed. */
  action: string;
  /** Whether the call is about whoever makes it: then it only must not be denied. */
  isOwn?: (call: AdminCall) => boolean;
  /** What it does; gives the body of the answer, if there is one. */
  run: (call: AdminCall) => object | string | void | Promise<Buffer | void>;
}

const commands: Readonly<Record<string, Command>> = {
  "PUT add-user": {
    action: "admin:CreateUser",
    isOwn: ({ identity, parameter }) => parameter("accessKey") === identity.accessKey,
    run: addUser,
  },
  "DELETE remove-user": {
    action: "admin:DeleteUser",
    run: ({ store, parameter }) => store.identities.removeUser(parameter("accessKey")),
  },
  "PUT set-user-status": {
    action: "admin:EnableUser",
    run: ({ store, parameter }) => setStatus(store, parameter("accessKey"), parameter("status")),
  },
  "GET user-info": {
    action: "admin:GetUser",
    isOwn: ({ identity, parameter }) => parameter("accessKey") === identity.accessKey,
    run: ({ store, parameter }) => store.identities.user(parameter("accessKey")),
  },
  "GET list-users": {
    action: "admin:ListUsers",
    run: ({ store, identity }) => encrypt(identity.secretKey, jsonBuffer(store.identities.users())),
  },
  "PUT add-service-account": { action: "admin:CreateServiceAccount", isOwn: () => true, run: addServiceAccount },
  "PUT add-canned-policy": { action: "admin:CreatePolicy", run: putPolicy },
  "GET info-canned-policy": {
    action: "admin:GetPolicy",
    run: ({ store, parameter }) => policyDocument(store, parameter("name")),
  },
  "GET list-canned-policies": {
    action: "admin:ListUserPolicies",
    run: ({ store }) =>
      Object.fromEntries([...store.identities.policies()].map(([name, { document }]) => [name, JSON.parse(document)])),
  },
  "DELETE remove-canned-policy": {
    action: "admin:DeletePolicy",
    run: ({ store, parameter }) => store.identities.removePolicy(parameter("name")),
  },
  "PUT set-user-or-group-policy": {
    action: "admin:AttachUserOrGroupPolicy",
    run: ({ store, parameter }) => {
      const isGroup = parameter("isGroup") === "true";
      return store.identities.attach(parameter("userOrGroup"), isGroup, parameter("policyName"));
    },
  },
  "PUT update-group-members": { action: "admin:AddUserToGroup", run: changeGroup },
  "PUT set-bucket-quota": { action: "admin:SetBucketQuota", run: setQuota },
  "GET datausageinfo": { action: "admin:DataUsageInfo", run: ({ store }) => dataUsage(store) },
  "GET get-bucket-quota": { action: "admin:GetBucketQuota", run: quota },
};

export async function answerAdmin(store: Store, request: Request, name: string): Promise<Answer> {
  const { identity } = request;
  // The original takes no presigned request here.
  if (identity === undefined || request.isPresigned) throw new Refusal("AccessDenied");
  const command = commands[`${request.method} ${name}`];
  if (command === undefined) {
    if (!identity.isRoot) throw new Refusal("AccessDenied");
    throw new Refusal("NotImplemented");
  }
  const parameter = (key: string): string => {
    const value = request.query.get(key);
    if (value === undefined) throw new Refusal("InvalidRequest", `The parameter ${key} is missing`);
    return value;
  };
  const call: AdminCall = { store, request, identity, parameter };
  const decision = decisionOn(store, identity, { action: command.action });
  if (decision !== "allow" && !(decision === "undecided" && command.isOwn?.(call) === true)) {
    throw new Refusal("AccessDenied");
  }
  const body = await command.run(call);
  if (body === undefined) return { status: 200 };
  const isRaw = typeof body === "string" || Buffer.isBuffer(body);
  return { status: 200, headers: { "content-type": "application/json" }, body: isRaw ? body : JSON.stringify(body) };
}

async function addUser(call: AdminCall): Promise<void> {
  const { secretKey, status } = await readSealed(call);
  if (typeof secretKey !== "string") throw new Refusal("XMinioAdminConfigBadJSON");
  call.store.identities.putUser(call.parameter("accessKey"), secretKey, status === "enabled");
}

/** For whoever asks only, and without a policy of its own. */
async function addServiceAccount(call: AdminCall): Promise<Buffer> {
  const { accessKey, secretKey, policy, targetUser } = await readSealed(call);
  const { store, identity } = call;
  const user = identity.parent ?? identity.accessKey;
  if (policy !== undefined || (targetUser !== undefined && targetUser !== "" && targetUser !== user)) {
    throw new Refusal("NotImplemented");
  }
  const credentials = {
    accessKey: typeof accessKey === "string" && accessKey !== "" ? accessKey : randomBytes(10).toString("hex"),
    secretKey: typeof secretKey === "string" && secretKey !== "" ? secretKey : randomBytes(20).toString("hex"),
  };
  store.identities.addServiceAccount(user, credentials.accessKey, credentials.secretKey);
  return encrypt(identity.secretKey, jsonBuffer({ credentials }));
}

function setStatus(store: Store, accessKey: string, status: string): void {
  if (status !== "enabled" && status !== "disabled") throw new Refusal("InvalidArgument");
  store.identities.setStatus(accessKey, status === "enabled");
}

async function putPolicy({ store, request, parameter }: AdminCall): Promise<void> {
  store.identities.putPolicy(parameter("name"), parsePolicy((await readText(request.openPayload())).toString()));
}

function policyDocument(store: Store, name: string): string {
  const policy = store.identities.policy(name);
  if (policy === undefined) throw new Refusal("XMinioAdminNoSuchPolicy");
  return policy.document;
}

async function changeGroup({ store, request }: AdminCall): Promise<void> {
  const change = parseJson((await readText(request.openPayload())).toString());
  if (!isRecord(change) || typeof change["group"] !== "string" || !Array.isArray(change["members"])) {
    throw new Refusal("XMinioAdminConfigBadJSON");
  }
  const members: unknown[] = change["members"];
  const names = members.filter((member) => typeof member === "string");
  store.identities.changeGroup(change["group"], names, change["isRemove"] === true);
}

async function setQuota({ store, request, parameter }: AdminCall): Promise<void> {
  const { name } = store.buckets.get(parameter("bucket"));
  const given = parseJson((await readText(request.openPayload())).toString());
  if (!isRecord(given)) throw new Refusal("XMinioAdminConfigBadJSON");
  const bytes = Number(given["size"] ?? 0) || Number(given["quota"] ?? 0);
  if (!Number.isSafeInteger(bytes) || bytes < 0 || (bytes > 0 && given["quotatype"] !== "hard")) {
    throw new Refusal("InvalidRequest");
  }
  store.buckets.setQuota(name, bytes);
}

function quota({ store, parameter }: AdminCall): object {
  const { quota: bytes } = store.buckets.get(parameter("bucket"));
  if (bytes === 0) throw new Refusal("XMinioAdminNoSuchQuotaConfiguration");
  return { quota: bytes, size: bytes, rate: 0, requests: 0, quotatype: "hard" };
}

/** The original counts now and then, the stand-in whenever it is asked. */
function dataUsage(store: Store): object {
  const counts = store.buckets.counts();
  return {
    lastUpdate: new Date().toISOString(),
    objectsCount: counts.reduce((sum, { objects }) => sum + objects, 0),
    objectsTotalSize: counts.reduce((sum, { bytes }) => sum + bytes, 0),
    bucketsCount: counts.length,
    bucketsUsageInfo: Object.fromEntries(
      counts.map(({ name, bytes, objects }) => [name, { size: bytes, objectsCount: objects }]),
    ),
  };
}

/** A body that was sealed with the secret key of whoever asks. */
async function readSealed({ request, identity }: AdminCall): Promise<Record<string, unknown>> {
  const plain = await decrypt(identity.secretKey, await readText(request.openPayload()));
  const parsed = parseJson(plain.toString());
  if (!isRecord(parsed)) throw new Refusal("XMinioAdminConfigBadJSON");
  return parsed;
}

function jsonBuffer(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
