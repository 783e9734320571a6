/** Bounds failed logins: few per name from one address, more per address, and per name whatever the address. */

interface Rule {
  limit: number;
  key: (attempt: LoginAttempt) => string;
}

export interface LoginAttempt {
  name: string;
  /** Address of the client. */
  address: string;
}

export interface LoginLimiter {
  /** Counts an attempt; seconds to wait when there were too many, 0 when it may go on. */
  begin: (attempt: LoginAttempt) => number;
  /** The attempt succeeded: it, and the failures of this name from this address, count no more. */
  succeed: (attempt: LoginAttempt) => void;
}

const windowMilliseconds = 5 * 60_000;
/** Keys remembered; the oldest are forgotten first, so that a flood of names takes no memory. */
const maxKeys = 10_000;

const pair: Rule = { limit: 5, key: ({ name, address }) => JSON.stringify([name, address]) };
// The limit by name is high: it must not be a means to lock somebody out.
const rules: readonly Rule[] = [
  pair,
  { limit: 30, key: ({ address }) => `address ${address}` },
  { limit: 100, key: ({ name }) => `name ${name}` },
];

export function createLoginLimiter(clock: () => number = Date.now): LoginLimiter {
  const attempts = new Map<string, number[]>();

  function recent(key: string): number[] {
    const oldest = clock() - windowMilliseconds;
    return (attempts.get(key) ?? []).filter((time) => time > oldest);
  }

  function put(key: string, times: number[]): void {
    attempts.delete(key);
    if (times.length > 0) attempts.set(key, times);
    for (const oldest of attempts.keys()) {
      if (attempts.size <= maxKeys) break;
      attempts.delete(oldest);
    }
  }

  return {
    begin(attempt) {
      const counts = rules.map(({ key, limit }) => ({ key: key(attempt), limit, times: recent(key(attempt)) }));
      const waits = counts.map(({ times, limit }) => {
        const freed = times.at(-limit);
        return freed === undefined ? 0 : Math.max(1, Math.ceil((freed + windowMilliseconds - clock()) / 1000));
      });
      const wait = Math.max(...waits);
      if (wait === 0) for (const { key, times } of counts) put(key, [...times, clock()]);
      return wait;
    },
    succeed(attempt) {
      for (const rule of rules) put(rule.key(attempt), rule === pair ? [] : recent(rule.key(attempt)).slice(0, -1));
    },
  };
}
