/** The secrets of a fleet: generated ones, and tokens that are signed with them. */
import { Secret } from "@berth/shared/secret";
import type { DesiredOptions } from "../plan/desired.ts";
import type { SecretNeed, TokenRule } from "../plan/secrets.ts";
import type { Secrets, SecretVersion } from "../secrets/open.ts";
import { signToken } from "../secrets/token.ts";

export interface FleetSecrets extends Pick<DesiredOptions, "secretVersion" | "givenSecret"> {
  /** Makes what does not exist yet, and signs tokens anew whose key or claims have changed. */
  ensure: (needs: readonly SecretNeed[]) => Promise<void>;
  /** Stores what a person gives, by name; gives the versions that are new. */
  give: (values: ReadonlyMap<string, Secret>) => Promise<SecretVersion[]>;
  /** As if those had never been given. */
  takeBack: (versions: readonly SecretVersion[]) => Promise<void>;
}

export function createFleetSecrets(secrets: Secrets): FleetSecrets {
  function sign({ signedWith, claims }: TokenRule): string {
    return signToken(claims, secrets.reveal(signedWith).reveal());
  }

  /** The version that the token will have once it is ensured. */
  function tokenVersion(name: string, rule: TokenRule): number {
    const version = secrets.version(name);
    if (version === null) return 1;
    const isCurrent = secrets.version(rule.signedWith) !== null && secrets.reveal(name).reveal() === sign(rule);
    return isCurrent ? version : version + 1;
  }

  return {
    secretVersion: (name, token) => (token === undefined ? (secrets.version(name) ?? 1) : tokenVersion(name, token)),
    givenSecret: (name) => secrets.version(name),
    async ensure(needs) {
      for (const need of needs) if ("generated" in need) await secrets.ensure(need.name, need.generated);
      for (const need of needs) if ("token" in need) await secrets.put(need.name, new Secret(sign(need.token)));
    },
    async give(values) {
      const made: SecretVersion[] = [];
      for (const [name, value] of values) {
        const before = secrets.version(name);
        const stored = await secrets.put(name, value);
        if (stored.version !== before) made.push(stored);
      }
      return made;
    },
    async takeBack(versions) {
      for (const version of versions) await secrets.discard(version);
    },
  };
}
