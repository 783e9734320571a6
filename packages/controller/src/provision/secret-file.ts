import { readFile, stat } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";
import { Secret } from "@berth/shared/secret";

/**
 * The secret in a file, without surrounding white space. Read at each use, so that a rotated secret counts at once.
 * Refuses a file that others than its owner may read.
 */
export async function readSecretFile(path: string, what: string): Promise<Secret> {
  const { mode } = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, what, cause);
  });
  if ((mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(4, "0");
    throw new BerthError(
      "request.invalid",
      `${path} with ${what} may be read by others than its owner (mode ${octal})`,
      {
        hint: `Run: chmod 600 ${path}`,
      },
    );
  }
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw unreadable(path, what, cause);
  });
  if (text.trim() === "") throw new BerthError("request.invalid", `${path} should hold ${what} but is empty`);
  return new Secret(text.trim());
}

function unreadable(path: string, what: string, cause: unknown): BerthError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BerthError("request.invalid", `${what} cannot be read: ${reason}`, {
    hint: `Put ${what} into ${path}, mode 0600, owned by the user that runs the controller.`,
    cause,
  });
}
