import { type Database, number, text } from "./database.ts";
import { Refusal } from "./errors.ts";
import { type Policy, builtInPolicies, parsePolicy } from "./policy.ts";

/** Who signed a request. */
export interface Identity {
  accessKey: string;
  secretKey: string;
  isRoot: boolean;
  isEnabled: boolean;
  /** The user that made this access key for itself, and whose permissions it has. */
  parent: string | undefined;
}

export interface UserInfo {
  status: "enabled" | "disabled";
  policyName?: string;
  memberOf: string[];
}

export interface Root {
  accessKey: string;
  secretKey: string;
}

/** Users, the access keys that they made for themselves, groups and policies. */
export class Identities {
  readonly #database: Database;
  readonly root: Root;

  constructor(database: Database, root: Root) {
    this.#database = database;
    this.root = root;
  }

  find(accessKey: string): Identity | undefined {
    if (accessKey === this.root.accessKey) return { ...this.root, isRoot: true, isEnabled: true, parent: undefined };
    const row = this.#database.row("SELECT * FROM user WHERE access_key = ?", accessKey);
    if (row === undefined) return undefined;
    const parent = row["parent"] === null ? undefined : text(row, "parent");
    return {
      accessKey,
      secretKey: text(row, "secret_key"),
      isRoot: parent === this.root.accessKey,
      isEnabled: number(row, "is_enabled") === 1 && (parent === undefined || this.find(parent)?.isEnabled === true),
      parent,
    };
  }

  /** What all policies of the user and its groups are; those of a disabled group do not count. */
  policiesOf({ accessKey, parent }: Identity): Policy[] {
    const user = parent ?? accessKey;
    const rows = this.#database.rows(
      `SELECT policies FROM user WHERE access_key = ?1 UNION ALL
        SELECT policies FROM user_group JOIN membership ON user_group = name WHERE access_key = ?1 AND is_enabled = 1`,
      user,
    );
    const names = rows.flatMap((row) => text(row, "policies").split(","));
    return names.map((name) => this.policy(name)).filter((policy) => policy !== undefined);
  }

  user(accessKey: string): UserInfo {
    const row = this.#database.row("SELECT * FROM user WHERE access_key = ? AND parent IS NULL", accessKey);
    if (row === undefined) throw new Refusal("XMinioAdminNoSuchUser");
    const groups = this.#database.rows("SELECT user_group FROM membership WHERE access_key = ?", accessKey);
    const policyName = text(row, "policies");
    return {
      status: number(row, "is_enabled") === 1 ? "enabled" : "disabled",
      ...(policyName === "" ? {} : { policyName }),
      memberOf: groups.map((group) => text(group, "user_group")),
    };
  }

  users(): Record<string, UserInfo> {
    const rows = this.#database.rows("SELECT access_key FROM user WHERE parent IS NULL ORDER BY access_key");
    return Object.fromEntries(rows.map((row) => [text(row, "access_key"), this.user(text(row, "access_key"))]));
  }

  /** Makes the user, or gives it another secret and status; its policies stay. */
  putUser(accessKey: string, secretKey: string, isEnabled: boolean): void {
    if (accessKey.length < 3 || /[=,]|^\s|\s$/.test(accessKey)) throw new Refusal("XMinioAdminInvalidAccessKey");
    if (secretKey.length < 8) throw new Refusal("XMinioAdminInvalidSecretKey");
    if (accessKey === this.root.accessKey || this.find(accessKey)?.parent !== undefined) {
      throw new Refusal("XMinioInvalidIAMCredentials");
    }
    this.#database.run(
      `INSERT INTO user (access_key, secret_key, is_enabled) VALUES (?, ?, ?) ON CONFLICT DO
        UPDATE SET secret_key = excluded.secret_key, is_enabled = excluded.is_enabled`,
      ...[accessKey, secretKey, isEnabled ? 1 : 0],
    );
  }

  /** A further access key of a user, with all that the user may do. */
  addServiceAccount(parent: string, accessKey: string, secretKey: string): void {
    if (accessKey.length < 3 || this.find(accessKey) !== undefined) throw new Refusal("XMinioInvalidIAMCredentials");
    if (secretKey.length < 8) throw new Refusal("XMinioAdminInvalidSecretKey");
    this.#database.run("INSERT INTO user VALUES (?, ?, 1, ?, '')", accessKey, secretKey, parent);
  }

  setStatus(accessKey: string, isEnabled: boolean): void {
    this.user(accessKey);
    this.#database.run("UPDATE user SET is_enabled = ? WHERE access_key = ?", isEnabled ? 1 : 0, accessKey);
  }

  /** With the access keys that it made for itself, and out of its groups. */
  removeUser(accessKey: string): void {
    this.#database.transaction(() => {
      this.user(accessKey);
      this.#database.run("DELETE FROM user WHERE access_key = ?1 OR parent = ?1", accessKey);
      this.#database.run("DELETE FROM membership WHERE access_key = ?", accessKey);
    });
  }

  policy(name: string): Policy | undefined {
    const row = this.#database.row("SELECT document FROM policy WHERE name = ?", name);
    return row === undefined ? builtInPolicies.get(name) : parsePolicy(text(row, "document"));
  }

  /** `document` has been read: it is a policy. */
  putPolicy(name: string, { document }: Policy): void {
    this.#database.run("INSERT OR REPLACE INTO policy (name, document) VALUES (?, ?)", name, document);
  }

  removePolicy(name: string): void {
    this.#database.transaction(() => {
      if (this.policy(name) === undefined) throw new Refusal("XMinioAdminNoSuchPolicy");
      const rows = this.#database.rows("SELECT policies FROM user UNION ALL SELECT policies FROM user_group");
      if (rows.some((row) => text(row, "policies").split(",").includes(name))) {
        throw new Refusal("XMinioIAMPolicyInUse");
      }
      this.#database.run("DELETE FROM policy WHERE name = ?", name);
    });
  }

  policies(): Map<string, Policy> {
    const rows = this.#database.rows("SELECT name, document FROM policy");
    return new Map([
      ...builtInPolicies,
      ...rows.map((row) => [text(row, "name"), parsePolicy(text(row, "document"))] as const),
    ]);
  }

  /** Exactly these (separated by commas) from now on; none when empty. */
  attach(name: string, isGroup: boolean, policies: string): void {
    if (policies.split(",").some((policy) => policy !== "" && this.policy(policy) === undefined)) {
      throw new Refusal("XMinioAdminNoSuchPolicy");
    }
    if (isGroup) {
      this.#demandGroup(name);
      this.#database.run("UPDATE user_group SET policies = ? WHERE name = ?", policies, name);
    } else {
      this.user(name);
      this.#database.run("UPDATE user SET policies = ? WHERE access_key = ?", policies, name);
    }
  }

  /** Adding makes the group. */
  changeGroup(group: string, members: readonly string[], isRemoval: boolean): void {
    this.#database.transaction(() => {
      for (const member of members) this.user(member);
      if (isRemoval) this.#demandGroup(group);
      else this.#database.run("INSERT OR IGNORE INTO user_group (name, is_enabled) VALUES (?, 1)", group);
      const query = isRemoval
        ? "DELETE FROM membership WHERE user_group = ? AND access_key = ?"
        : "INSERT OR IGNORE INTO membership (user_group, access_key) VALUES (?, ?)";
      for (const member of members) this.#database.run(query, group, member);
    });
  }

  #demandGroup(name: string): void {
    if (this.#database.row("SELECT 1 FROM user_group WHERE name = ?", name) === undefined) {
      throw new Refusal("XMinioAdminNoSuchGroup");
    }
  }
}
