import { expect, test } from "vitest";
import { accessBlock, blockStart, readBlock, withBlock } from "./postgres-access-file.ts";

const need = { database: "user1_n8n", role: "user1_n8n", clientAddress: "10.0.6.11" };
const rules = { needs: [need], serverAddress: "10.0.6.10", controllerAddress: "10.0.6.1" };
const block = accessBlock(rules);
const image = "local all all trust\nhost all all all scram-sha-256\n";

test("what nobody allowed is refused: the last lines reject everything", () => {
  expect(block.filter((line) => !line.startsWith("#"))).toEqual([
    "host\tall\tpostgres\t127.0.0.1/32\tscram-sha-256",
    "host\tall\tpostgres\t::1/128\tscram-sha-256",
    "host\tall\tpostgres\t10.0.6.1/32\tscram-sha-256",
    'host\t"user1_n8n"\t+"user1_n8n"\t10.0.6.11/32\tscram-sha-256',
    "host\tall\tall\tall\treject",
    "host\treplication\tall\tall\treject",
  ]);
});

test("an instance on the server's own node comes in from the server's network, too", () => {
  const lines = accessBlock({ ...rules, needs: [{ ...need, clientAddress: "10.0.6.10" }] });
  expect(lines.filter((line) => line.includes("samenet"))).toEqual([
    'host\t"user1_n8n"\t+"user1_n8n"\tsamenet\tscram-sha-256',
  ]);
});

test("through PgBouncer every role comes in from its node, and the superuser into one database", () => {
  const lines = accessBlock({ ...rules, poolerAddresses: ["10.0.6.10"] });
  expect(lines.filter((line) => /samenet|10\.0\.6\.10/.test(line))).toEqual([
    "host\tpostgres\tpostgres\t10.0.6.10/32\tscram-sha-256",
    "host\tpostgres\tpostgres\tsamenet\tscram-sha-256",
    'host\t"user1_n8n"\t+"user1_n8n"\t10.0.6.10/32\tscram-sha-256',
    'host\t"user1_n8n"\t+"user1_n8n"\tsamenet\tscram-sha-256',
  ]);
});

test("the order of the needs does not matter", () => {
  const other = { ...need, database: "user0_n8n", role: "user0_n8n" };
  expect(accessBlock({ ...rules, needs: [need, other] })).toEqual(accessBlock({ ...rules, needs: [other, need] }));
});

test("the block comes first, and takes the place of the one before wherever that stands", () => {
  const first = withBlock(image, block);
  expect(first).toBe(`${block.join("\n")}\n${image}`);
  const moved = `# mine\n${first}`;
  const renewed = withBlock(moved, accessBlock({ ...rules, needs: [] }));
  expect(renewed).toBe(`# mine\n${accessBlock({ ...rules, needs: [] }).join("\n")}\n${image}`);
  expect([blockStart(first), blockStart(moved)]).toEqual([1, 2]);
  expect(readBlock(renewed)).toEqual(accessBlock({ ...rules, needs: [] }));
  expect(readBlock(image)).toBeUndefined();
});

test("a block whose end was taken out goes as far as Berth's lines do", () => {
  const damaged = withBlock(image, block).replace("# END berth\n", "");
  expect(withBlock(damaged, block)).toBe(withBlock(image, block));
});

test.each(["user1_n8n\nhost all all all trust", 'a"b', "user1 n8n", "+x", ""])("%j becomes no line", (role) => {
  expect(() => accessBlock({ ...rules, needs: [{ ...need, role }] })).toThrow("cannot stand in pg_hba.conf");
});
