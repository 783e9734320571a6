/** One kind of failure of restic, and how it is told. */
import type { ErrorCode } from "@berth/shared/errors";
import type { Repository } from "@berth/shared/operations/backup-source";

export interface Kind {
  matches: (exitCode: number, said: string) => boolean;
  code: ErrorCode;
  sentence: (repository: Repository, said: string) => string;
  hint: string;
  /** Whether restic's own words say more. */
  quote: boolean;
}

export const said =
  (pattern: RegExp): Kind["matches"] =>
  (_, text) =>
    pattern.test(text);
