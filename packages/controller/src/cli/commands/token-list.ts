import { listAccessTokens } from "@berth/shared/api/access-tokens";
import { defineCommand } from "../define-command.ts";
import { accessTokenLines } from "../render/access-token.ts";

export default defineCommand({
  details:
    "The values themselves are nowhere kept. The last use is told to the hour.\n\n" +
    'With --json: {"tokens": [{"account", "name", "role", "createdAt", "expiresAt", "usedAt"}]}.',
  examples: [{ command: "berth token list", does: "which tokens there are, and until when" }],
  run: async ({ client }) => (await client()).call(listAccessTokens, {}),
  render: ({ tokens }, options) => accessTokenLines(tokens, options),
});
