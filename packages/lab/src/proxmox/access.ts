import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { readIfPresent, writeWhole } from "../host/files.ts";
import { ApiFailure, permissionFailure } from "./failures.ts";

const aclEntrySchema = z.object({ path: z.string(), privileges: z.array(z.string()) });

/** Who may do what: root@pam by password, and API tokens with privileges of their own (privsep). */
export const accessSchema = z.object({
  rootPasswordHash: z.string(),
  ticketKey: z.string(),
  tokens: z.array(z.object({ id: z.string(), secretHash: z.string(), acl: z.array(aclEntrySchema) })),
});
type Access = z.infer<typeof accessSchema>;

/** What docs/proxmox.md has a user give to the controller's token, and no more. */
export const controllerPrivileges = [
  "VM.Allocate",
  "VM.Audit",
  "VM.Config.CPU",
  "VM.Config.Disk",
  "VM.Config.Memory",
  "VM.Config.Network",
  "VM.Config.Options",
  "VM.PowerMgmt",
  "Datastore.AllocateSpace",
  "Datastore.Audit",
  "SDN.Use",
  "Sys.Audit",
] as const;

export const controllerTokenId = "berth@pve!controller";

export interface CredentialFiles {
  accessFile: string;
  tokenSecretFile: string;
  rootPasswordFile: string;
}

export function credentialFiles(directory: string): CredentialFiles {
  return {
    accessFile: join(directory, "access.json"),
    tokenSecretFile: join(directory, "token-secret"),
    rootPasswordFile: join(directory, "root-password"),
  };
}

/** Makes the root password and the controller's token; keeps those that exist. The API itself stores only hashes. */
export async function ensureCredentials(directory: string): Promise<CredentialFiles> {
  const files = credentialFiles(directory);
  const present = await Promise.all(Object.values(files).map((path) => readIfPresent(path)));
  if (present.every((content) => content !== undefined)) return files;
  const secret = randomUUID();
  const password = randomBytes(18).toString("base64url");
  const access: Access = {
    rootPasswordHash: hashOf(password),
    ticketKey: randomBytes(32).toString("hex"),
    tokens: [
      {
        id: controllerTokenId,
        secretHash: hashOf(secret),
        acl: [{ path: "/", privileges: [...controllerPrivileges] }],
      },
    ],
  };
  await writeWhole(files.tokenSecretFile, secret);
  await writeWhole(files.rootPasswordFile, password);
  await writeWhole(files.accessFile, JSON.stringify(access));
  return files;
}

/** The secrets are random and long, so a plain hash does. */
function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Who asks. `authUser` is "root@pam" or "berth@pve!controller": Proxmox VE compares it with exactly "root@pam". */
export class Caller {
  readonly authUser: string;
  readonly #acl: readonly z.infer<typeof aclEntrySchema>[] | "everything";

  constructor(authUser: string, acl: readonly z.infer<typeof aclEntrySchema>[] | "everything") {
    this.authUser = authUser;
    this.#acl = acl;
  }

  get isRoot(): boolean {
    return this.authUser === "root@pam";
  }

  /** Privileges given on a path count on everything below it. */
  may(path: string, privilege: string): boolean {
    if (this.#acl === "everything") return true;
    return this.#acl.some(
      (entry) =>
        entry.privileges.includes(privilege) &&
        (entry.path === "/" || path === entry.path || path.startsWith(`${entry.path}/`)),
    );
  }

  /** Throws Proxmox VE's 403 unless the caller has one of the privileges on the path. */
  require(path: string, ...anyOf: string[]): void {
    if (!anyOf.some((privilege) => this.may(path, privilege))) {
      throw permissionFailure(`${path}, ${anyOf.join("|")}`);
    }
  }
}

export interface Credentials {
  method: string;
  authorization: string | undefined;
  cookie: string | undefined;
  csrfToken: string | undefined;
}

const ticketLifetimeSeconds = 2 * 60 * 60;

export class AccessControl {
  readonly #accessFile: string;

  constructor(accessFile: string) {
    this.#accessFile = accessFile;
  }

  /** Read anew each time, so that a test may add a token to a running lab. */
  async #read(): Promise<Access> {
    return accessSchema.parse(JSON.parse((await readIfPresent(this.#accessFile)) ?? "null"));
  }

  /** POST /access/ticket */
  async login(username: string, password: string): Promise<{ ticket: string; csrfToken: string }> {
    const access = await this.#read();
    if (username !== "root@pam" || !isSame(hashOf(password), access.rootPasswordHash)) {
      throw new ApiFailure(401, "authentication failure");
    }
    const time = Math.floor(Date.now() / 1000);
    return { ticket: makeTicket(access, username, time), csrfToken: makeCsrfToken(access, username, time) };
  }

  /** Finds out who asks, or throws the 401 that Proxmox VE gives. */
  async authenticate(credentials: Credentials): Promise<Caller> {
    const access = await this.#read();
    const token = /^PVEAPIToken=([^=]+)=(.+)$/.exec(credentials.authorization ?? "");
    if (token !== null) return authenticateToken(access, token[1] ?? "", token[2] ?? "");
    const ticket = /(?:^|;\s*)PVEAuthCookie=([^;]+)/.exec(credentials.cookie ?? "")?.[1];
    if (ticket === undefined) throw new ApiFailure(401, "No ticket");
    const user = verifyTicket(access, decodeURIComponent(ticket));
    if (credentials.method !== "GET") verifyCsrfToken(access, user, credentials.csrfToken);
    return new Caller(user, "everything");
  }
}

function authenticateToken(access: Access, id: string, secret: string): Caller {
  const [user = "", tokenName = ""] = id.split("!");
  const known = access.tokens.find((token) => token.id === id);
  if (known === undefined) throw new ApiFailure(401, `no such token '${tokenName}' for user '${user}'`);
  if (!isSame(hashOf(secret), known.secretHash)) throw new ApiFailure(401, "invalid token value!");
  return new Caller(id, known.acl);
}

function sign(access: Access, content: string): string {
  return createHmac("sha256", access.ticketKey).update(content).digest("base64");
}

function makeTicket(access: Access, user: string, time: number): string {
  const plain = `PVE:${user}:${time.toString(16).toUpperCase().padStart(8, "0")}`;
  return `${plain}::${sign(access, plain)}`;
}

function verifyTicket(access: Access, ticket: string): string {
  const match = /^(PVE:([^:]+):([0-9A-F]{8,}))::(.+)$/.exec(ticket);
  const age = Date.now() / 1000 - Number.parseInt(match?.[3] ?? "0", 16);
  if (match === null || !isSame(match[4] ?? "", sign(access, match[1] ?? "")) || age > ticketLifetimeSeconds) {
    throw new ApiFailure(401, "permission denied - invalid PVE ticket");
  }
  return match[2] ?? "";
}

function makeCsrfToken(access: Access, user: string, time: number): string {
  const stamp = time.toString(16).toUpperCase().padStart(8, "0");
  return `${stamp}:${sign(access, `csrf:${stamp}:${user}`)}`;
}

function verifyCsrfToken(access: Access, user: string, token: string | undefined): void {
  const stamp = token?.split(":")[0] ?? "";
  if (token === undefined || !isSame(token, `${stamp}:${sign(access, `csrf:${stamp}:${user}`)}`)) {
    throw new ApiFailure(401, "Permission denied - invalid csrf token");
  }
}
