/** The secrets in memory: by name, each with its versions. A version that was taken back keeps its number. */
import { BerthError } from "@berth/shared/errors";
import { Secret } from "@berth/shared/secret";

export interface SecretRecord {
  name: string;
  version: number;
  /** ISO 8601; of the present version. */
  createdAt: string;
  /** How many are kept, the present one included. */
  kept: number;
}

interface Version {
  version: number;
  /** null: taken back. */
  secret: Secret | null;
  createdAt: string;
}

interface KeptVersion extends Version {
  secret: Secret;
}

export class SecretValues {
  /** By name; versions in ascending order. */
  readonly #versions = new Map<string, Version[]>();

  /** `value` is empty for a version that was taken back. */
  add(name: string, version: number, value: string, createdAt: string): void {
    const versions = this.#versions.get(name) ?? [];
    const others = versions.filter((other) => other.version !== version);
    const added = { version, secret: value === "" ? null : new Secret(value), createdAt };
    this.#versions.set(
      name,
      [...others, added].toSorted((one, other) => one.version - other.version),
    );
  }

  remove(name: string): void {
    this.#versions.delete(name);
  }

  names(): string[] {
    return [...this.#versions.keys()];
  }

  /** Present version; null: there is none. */
  version(name: string): number | null {
    return this.#present(name)?.version ?? null;
  }

  /** The number that the next version gets: none is given twice. */
  nextVersion(name: string): number {
    return (this.#versions.get(name)?.at(-1)?.version ?? 0) + 1;
  }

  /** Throws `not-found`. The present version when none is given. */
  reveal(name: string, version?: number): Secret {
    const found =
      version === undefined ? this.#present(name) : this.#kept(name).find((other) => other.version === version);
    if (found !== undefined) return found.secret;
    const which = version === undefined ? "" : ` in version ${version}`;
    throw new BerthError("not-found", `There is no secret ${name}${which}`, {
      hint: this.#versions.has(name)
        ? "That version was taken back when its rotation failed; rotate it anew."
        : "It is generated when its instance is applied.",
    });
  }

  /** Those before the present one, the latest first. */
  earlier(name: string): Secret[] {
    return this.#kept(name)
      .slice(0, -1)
      .map(({ secret }) => secret)
      .toReversed();
  }

  list(): SecretRecord[] {
    return this.names()
      .flatMap((name) => {
        const kept = this.#kept(name);
        const present = kept.at(-1);
        if (present === undefined) return [];
        return [{ name, version: present.version, createdAt: present.createdAt, kept: kept.length }];
      })
      .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Every value that there is, present or not. */
  *all(): Generator<Secret> {
    for (const name of this.#versions.keys()) {
      for (const { secret } of this.#kept(name)) yield secret;
    }
  }

  #present(name: string): KeptVersion | undefined {
    return this.#kept(name).at(-1);
  }

  #kept(name: string): KeptVersion[] {
    const versions = this.#versions.get(name) ?? [];
    return versions.filter((version): version is KeptVersion => version.secret !== null);
  }
}
