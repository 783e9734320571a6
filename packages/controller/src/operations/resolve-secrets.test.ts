import { createHash, createHmac } from "node:crypto";
import { compareSync, encodeBase64 } from "bcryptjs";
import { describe, expect, test } from "vitest";
import { drillReference } from "../backups/drill-secrets.ts";
import { dispatchedValues, resolveSecrets } from "./resolve-secrets.ts";

const values: Readonly<Record<string, string>> = { "app/password@1": "first-value", "app/password@2": "other-value" };
const dispatched = dispatchedValues(({ name, version }) => values[`${name}@${version}`] ?? "unknown");
const password = { name: "app/password", version: 1 };
const resolve = (text: string) => resolveSecrets({ text }, dispatched).text;

describe("a reference", () => {
  test("stands for the value of its version", () => {
    expect(resolve("a: ${secret:app/password@1}, b: ${secret:app/password@2}")).toBe("a: first-value, b: other-value");
  });

  test("to a hash stands for one that the value fits, and no other", () => {
    const hash = resolve("${secret:app/password@1#bcrypt}");
    expect(hash).toMatch(/^\$2b\$10\$[./A-Za-z0-9]{53}$/);
    expect(compareSync("first-value", hash)).toBe(true);
    expect(compareSync("other-value", hash)).toBe(false);
  });

  test("to a hash gives the same at each dispatch, and another one for each version", () => {
    const first = resolve("${secret:app/password@1#bcrypt}");
    expect(resolve("${secret:app/password@1#bcrypt}")).toBe(first);
    expect(resolve("${secret:app/password@2#bcrypt}").slice(0, 29)).not.toBe(first.slice(0, 29));
  });

  test("to a hash has a salt that nobody knows who does not know the value", () => {
    const hashes = ["one", "other"].map((value) => dispatchedValues(() => value)({ ...password, hash: "bcrypt" }));
    const salts = hashes.map((hash) => hash.slice(7, 29));
    expect(new Set(salts).size).toBe(2);
    // Not by one quick hash of both either: that would be the way to try out passwords.
    const quick = ["one", "other"].flatMap((value) => [
      createHash("sha256").update(value).digest(),
      createHmac("sha256", value).update("app/password@1").digest(),
      createHmac("sha256", "app/password@1").update(value).digest(),
    ]);
    for (const bytes of quick) expect(salts).not.toContain(encodeBase64([...bytes.subarray(0, 16)], 16));
  });

  test("to a hash is refused where bcrypt would heed the beginning of the value only", () => {
    const hashOf = (value: string) => dispatchedValues(() => value)({ ...password, hash: "bcrypt" });
    expect(compareSync("é".repeat(36), hashOf("é".repeat(36)))).toBe(true);
    expect(() => hashOf("é".repeat(37))).toThrow("The secret 'app/password@1' is longer than the 72 bytes");
  });

  test("to a hash stays one in a drill, where it stands for the drill's own value", () => {
    const reference = drillReference({ owner: "shared-grafana", subject: "shared-grafana", kept: [] });
    const text = "${secret:shared-prometheus/password@3#bcrypt} ${secret:shared-prometheus/password@3}";
    expect(resolveSecrets({ text }, reference).text).toBe(
      "${secret:berth-drill/shared-prometheus-password@1#bcrypt} ${secret:berth-drill/shared-prometheus-password@1}",
    );
  });
});
