import { compareSync } from "bcryptjs";
import { describe, expect, test } from "vitest";
import { drillReference } from "../backups/drill-secrets.ts";
import { dispatchedValues, resolveSecrets } from "./resolve-secrets.ts";

const values: Readonly<Record<string, string>> = { "app/password@1": "first-value", "app/password@2": "other-value" };
const dispatched = dispatchedValues(({ name, version }) => values[`${name}@${version}`] ?? "unknown");
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

  test("to a hash stays one in a drill, where it stands for the drill's own value", () => {
    const reference = drillReference({ owner: "shared-grafana", subject: "shared-grafana", kept: [] });
    const text = "${secret:shared-prometheus/password@3#bcrypt} ${secret:shared-prometheus/password@3}";
    expect(resolveSecrets({ text }, reference).text).toBe(
      "${secret:berth-drill/shared-prometheus-password@1#bcrypt} ${secret:berth-drill/shared-prometheus-password@1}",
    );
  });
});
