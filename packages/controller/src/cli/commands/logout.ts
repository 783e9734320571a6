import { logout } from "@berth/shared/api/accounts";
import { toBerthError } from "@berth/shared/errors";
import { createClient } from "../client/client.ts";
import { loginFile, readLogin, removeLogin } from "../client/login-file.ts";
import { parseTarget } from "../client/target.ts";
import { defineCommand } from "../define-command.ts";

export default defineCommand({
  details: "The saved token is forgotten even when the controller cannot be told.",
  examples: [{ command: "berth logout", does: "end the login" }],
  async run({ terminal, note }) {
    const file = loginFile(terminal.environment);
    const login = await readLogin(file);
    if (login === undefined) return { url: null, ended: false };
    let ended = false;
    try {
      const client = createClient(parseTarget(login.url, login), { raw: false });
      ({ ended } = await client.call(logout, {}));
    } catch (error) {
      note(
        `The controller could not be told, so its token ends by itself on ${login.expiresAt}: ${toBerthError(error).message}`,
      );
    }
    await removeLogin(file);
    return { url: login.url, ended };
  },
  render: ({ url }) => [url === null ? "You were not logged in." : `Logged out of ${url}.`],
});
