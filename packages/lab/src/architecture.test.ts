/** Holds the imports between packages and rooms to docs/architecture.md. */
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";

const packages = join(import.meta.dirname, "../..");

interface Import {
  /** controller/src/plan/plan.ts */
  from: string;
  /** controller/src/plan/desired.ts, @berth/shared/names, node:fs, pg */
  to: string;
}

const pattern = /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\("([^"]+)"\)|(?:^|\n)import\s+"([^"]+)"/g;

const imports: Import[] = globSync("*/src/**/*.{ts,tsx}", { cwd: packages })
  .filter((file) => !/\.test\.tsx?$/.test(file) && !file.includes("/testing/"))
  .flatMap((from) =>
    [...readFileSync(join(packages, from), "utf8").matchAll(pattern)].map((match) => {
      const name = match[1] ?? match[2] ?? match[3] ?? "";
      return { from, to: name.startsWith(".") ? relative(packages, join(packages, dirname(from), name)) : name };
    }),
  );

/** The imports that start in `from` and lead to `to`, apart from those whose start `except` allows. */
function found(from: string, to: RegExp, except?: RegExp): string[] {
  return imports
    .filter((each) => each.from.startsWith(from) && to.test(each.to) && except?.test(each.from) !== true)
    .map((each) => `${each.from} -> ${each.to}`);
}

test("there are imports to look at", () => {
  expect(imports.length).toBeGreaterThan(200);
  expect(found("controller/src/plan/", /^controller\/src\/plan\//)).not.toEqual([]);
});

describe("packages", () => {
  test("shared is used by all and uses none of them, nor anything of Node", () => {
    expect(found("shared/", /^(@berth\/|node:|agent\/|controller\/|dashboard\/|lab\/)/)).toEqual([]);
  });

  test.each(["agent", "controller", "dashboard", "lab"])("%s imports no package but shared", (name) => {
    expect(found(`${name}/`, /^@berth\//).filter((each) => !each.includes("-> @berth/shared/"))).toEqual([]);
    expect(
      found(`${name}/`, /^(agent|controller|dashboard|lab|shared)\//).filter((each) => !each.includes(`-> ${name}/`)),
    ).toEqual([]);
  });
});

describe("rooms of the controller", () => {
  test("plan is pure: itself, shared and hashing", () => {
    const outside = imports.filter(
      ({ from, to }) =>
        from.startsWith("controller/src/plan/") && !/^(controller\/src\/plan\/|@berth\/shared\/|node:crypto$)/.test(to),
    );
    expect(outside.filter(({ from }) => !from.includes("test-fixtures"))).toEqual([]);
  });

  test("the CLI reaches the controller through its API only", () => {
    expect(
      found(
        "controller/src/cli/",
        /^controller\/src\/(?!cli\/|(?:serve|rebuild)\.ts|serve\/(arguments|options|version)\.ts)/,
      ),
    ).toEqual([]);
  });

  test("nothing but the composition knows the API's routes", () => {
    expect(found("controller/src/", /^controller\/src\/api\//, /src\/(api|serve)[/.]/)).toEqual([]);
  });
});

test("docs/architecture.md names every room", () => {
  const page = readFileSync(join(packages, "../docs/architecture.md"), "utf8");
  const rooms = globSync("{shared,controller,agent}/src/*/", { cwd: packages }).map((room) => basename(room));
  expect(rooms.length).toBeGreaterThan(20);
  expect(rooms.filter((room) => room !== "testing" && !page.includes(`\`${room}/\``))).toEqual([]);
});

describe("libraries with an effect have one room", () => {
  test.each([
    ["better-sqlite3", /^controller\/src\/(?:inventory|metrics\/history)\//],
    ["pg", /^controller\/src\/needs\/|^lab\//],
    ["@qdrant/js-client-rest", /^controller\/src\/needs\/|^lab\//],
    ["minio", /^controller\/src\/(?:needs|recovery)\/|^agent\/src\/backup\/|^lab\//],
    ["aws4", /^controller\/src\/needs\/|^lab\//],
    ["ollama", /^controller\/src\/needs\/|^lab\//],
    ["proxmox-api", /^controller\/src\/provision\/proxmox\//],
    ["ssh2", /^controller\/src\/(?:provision\/ssh|recovery)\//],
    ["dockerode", /^agent\/src\/docker\//],
    ["systeminformation", /^agent\/src\/(facts|metrics)/],
  ])("%s", (name, rooms) => {
    expect(found("", new RegExp(`^${name}$`), rooms)).toEqual([]);
  });
});

test("packages are chosen for the Node that they run on", () => {
  const read = (name: string) => readFileSync(new URL(`../../../${name}`, import.meta.url), "utf8");
  const { devDependencies } = z
    .object({ devDependencies: z.object({ node: z.string() }) })
    .parse(JSON.parse(read("package.json")));
  expect(read("pnpm-workspace.yaml")).toContain(`\nnodeVersion: ${devDependencies.node}\n`);
});
