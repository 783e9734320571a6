/**
 * Loaded by Node before n8n (`--require`). n8n sets its owner from the environment, but takes the password as bcrypt's
 * hash alone: this makes it, by n8n's own bcryptjs. The salt is made of the password, which is random, so that every
 * start gives the same hash: when it changes, n8n ends all logins.
 */
export const ownerScript = `const { createHash } = require("node:crypto");
const { realpathSync } = require("node:fs");
const { createRequire } = require("node:module");
const { basename } = require("node:path");

const { OWNER_PASSWORD: password } = process.env;
const program = process.argv[1];
if (password !== undefined && program !== undefined && basename(program) === "n8n") {
  const bcrypt = createRequire(realpathSync(program))("bcryptjs");
  const salt = bcrypt.encodeBase64(createHash("sha256").update(password).digest().subarray(0, 16), 16);
  process.env.N8N_INSTANCE_OWNER_PASSWORD_HASH = bcrypt.hashSync(password, "$2b$10$" + salt);
  // Workflows may be allowed to read the environment.
  delete process.env.OWNER_PASSWORD;
}
`;
