/** With a program named n8n that only says what it was given, and a bcryptjs that shows what it is asked. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { ownerScript } from "./owner.ts";

const saidSchema = z.object({ hash: z.string().optional(), password: z.string().optional() });

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "berth-n8n-owner-"));
  const program = join(directory, "lib/n8n/bin/n8n");
  const library = join(directory, "lib/n8n/node_modules/bcryptjs");
  mkdirSync(join(program, ".."), { recursive: true });
  mkdirSync(library, { recursive: true });
  writeFileSync(join(directory, "owner.cjs"), ownerScript);
  writeFileSync(
    program,
    `const { N8N_INSTANCE_OWNER_PASSWORD_HASH: hash, OWNER_PASSWORD: password } = process.env;
     console.log(JSON.stringify({ hash, password }));`,
  );
  writeFileSync(
    join(library, "index.js"),
    `exports.encodeBase64 = (bytes, length) => length + ":" + bytes.toString("hex");
     exports.hashSync = (password, salt) => password + " with " + salt;`,
  );
  for (const name of ["n8n", "other"]) symlinkSync(program, join(directory, name));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function start(program: string, password: string | undefined): z.output<typeof saidSchema> {
  const options = { encoding: "utf8", env: password === undefined ? {} : { OWNER_PASSWORD: password } } as const;
  const said = execFileSync(process.execPath, ["--require", join(directory, "owner.cjs"), program], options);
  return saidSchema.parse(JSON.parse(said));
}

test("n8n gets the hash of its owner's password, the same at each start, and not the password", () => {
  const first = start(join(directory, "n8n"), "secret-1");
  expect(first.hash).toMatch(/^secret-1 with \$2b\$10\$16:[0-9a-f]{32}$/);
  expect(first.password).toBeUndefined();
  expect(start(join(directory, "n8n"), "secret-1")).toEqual(first);
  expect(start(join(directory, "n8n"), "secret-2").hash?.slice(-32)).not.toBe(first.hash?.slice(-32));
});

test("other programs of the container, and n8n without a password, are left alone", () => {
  expect(start(join(directory, "other"), "secret-1")).toEqual({ password: "secret-1" });
  expect(start(join(directory, "n8n"), undefined)).toEqual({});
});
