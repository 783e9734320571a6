import { expect, it } from "vitest";
import { decodeBase64, encodeBase64, pieces, withoutEscapes } from "./bytes.ts";

it("brings every byte there and back, as Node writes it", () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256);
  expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
  expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
  expect(encodeBase64(new Uint8Array())).toBe("");
});

it("cuts what is pasted into messages that the controller takes, and loses nothing", () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
  const cut = pieces(bytes);
  expect(cut.map(({ length }) => length)).toEqual([49_152, 49_152, 1_696]);
  expect(Buffer.concat(cut)).toEqual(Buffer.from(bytes));
  expect(pieces(new Uint8Array())).toEqual([]);
});

it("takes from what is pasted the escape that would end the shell's brackets around it", () => {
  expect(withoutEscapes("echo\u001b[201~\rrm -r /")).toBe("echo[201~\rrm -r /");
});
