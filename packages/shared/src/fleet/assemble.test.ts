import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { catalog } from "../catalog/index.ts";
import { assembleFleet } from "./assemble.ts";
import { parseFleet } from "./parse.ts";
import { formatProblem, type Problem } from "./problem.ts";
import { example } from "./testing/example.ts";
import { assembledProblems, changedWiki, wiki, wikiFleet } from "./testing/services.ts";

const wikiFile = { file: "services/wiki.yaml", text: wiki };

const shop = changedWiki("name: wiki", "name: shop").replaceAll("310", "320");
const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, "    ");

function assemble(text: string) {
  return assembleFleet({ file: "fleet.yaml", text }, [wikiFile], catalog);
}

function told(text: string, services = [wikiFile]): string[] {
  return assembledProblems(text, services).map(formatProblem);
}

describe("the text", () => {
  test("is a fleet with the service, the fleet file in front of it as it was", () => {
    const { text, problems } = assemble(wikiFleet);
    expect(problems).toEqual([]);
    expect(text.startsWith(`${wikiFleet}catalog:\n  wiki:\n    name: wiki\n`)).toBe(true);
    const { fleet } = parseFleet(text, "fleet.yaml", catalog);
    expect(fleet?.catalog["wiki"]?.parts[0]?.memory).toBe(256 * 1024 ** 2);
  });

  test("is the fleet file's where there are no services", () => {
    expect(assembleFleet({ file: "fleet.yaml", text: "x: [" }, [], catalog).text).toBe("x: [");
  });

  test.each([
    [
      "a catalog in the middle",
      (text: string) => text.replace("tenants:", () => `catalog:\n  shop:\n${indented(shop)}tenants:`),
    ],
    ["a catalog with comments", (text: string) => `${text}catalog: # mine\n  # the shop\n  shop:\n${indented(shop)}`],
    ["an empty catalog", (text: string) => text.replace("tenants:", "catalog: # none yet\ntenants:")],
    ["an empty catalog at the end", (text: string) => `${text}catalog:`],
    ["an empty map", (text: string) => text.replace("tenants:", "catalog: {}\ntenants:")],
    ["no line break at the end", (text: string) => text.trimEnd()],
    ["a mark at the end", (text: string) => `---\n${text}...\n`],
    ["an indented file", (text: string) => text.replaceAll(/^(?=.)/gm, "  ")],
    ["JSON", () => JSON.stringify({ fleet: "f", domain: "a.org", controller: { address: "10.0.6.1" }, nodes: {} })],
    [
      "JSON with a catalog",
      () => `{"catalog": {}, "fleet": "f", "domain": "a.org", "controller": {"address": "10.0.6.1"}, "nodes": {}}`,
    ],
  ])("with %s", (_, change) => {
    const { text, problems } = assemble(change(wikiFleet));
    expect(problems).toEqual([]);
    const { fleet, problems: mistakes } = parseFleet(text, "fleet.yaml", catalog);
    expect(mistakes).toEqual([]);
    expect(fleet?.catalog["wiki"]?.title).toBe("Wiki");
  });
});

test("the example of docs/own-services.md has no mistakes", () => {
  const read = (name: string) =>
    readFileSync(new URL(`../../../../examples/own-service/${name}`, import.meta.url), "utf8");
  const service = { file: "services/vikunja.yaml", text: read("services/vikunja.yaml") };
  expect(told(read("fleet.yaml"), [service])).toEqual([]);
});

describe("mistakes", () => {
  test("of services files come first, each in its own file", () => {
    const other = { file: "services/shop.yaml", text: "name: shop\n" };
    const wrong = { ...wikiFile, text: changedWiki("scope: tenant", "scope: all") };
    const problems = told("nonsense: 1", [wrong, other]);
    expect(problems[0]).toBe("services/wiki.yaml:4:8: scope: 'all' is not allowed; one of 'shared', 'tenant'");
    expect(problems).toContain("services/shop.yaml:1:1: title: 'title' is missing");
    expect(problems.every((problem) => problem.startsWith("services/"))).toBe(true);
  });

  test("a name in both", () => {
    const text = `${wikiFleet}catalog:\n  wiki: {}\n`;
    const line = text.split("\n").length - 1;
    expect(told(text)).toEqual([
      `fleet.yaml:${line}:3: catalog.wiki: 'wiki' stands in services/wiki.yaml, too; keep one of the two`,
    ]);
  });

  test("a catalog that nothing can come into", () => {
    const text = `${wikiFleet.replace("controller:", "controller: &c")}catalog: *c\n`;
    expect(told(text)).toEqual([expect.stringMatching(/catalog: must be written here as a map for the files/)]);
  });

  test("that only show together are told in the services file", () => {
    const text = changedWiki("- { kind: database }", "- { kind: service, service: redi }")
      .replace("${database.url}", "x")
      .replace("service: redis\n    env: {", "service: mongo\n    env: { X: x } # {");
    expect(told(wikiFleet, [{ ...wikiFile, text }])).toEqual([
      expect.stringMatching(
        /^services\/wiki\.yaml:34:31: needs\.0\.service: no service is named 'redi'; did you mean 'redis'\?$/,
      ),
      expect.stringMatching(/^services\/wiki\.yaml:36:14: uses\.0\.service: no service is named 'mongo'/),
    ]);
  });

  test("placeholders of other services", () => {
    const text = changedWiki("${service.redis.port}", "${service.redis.port.htp}");
    expect(told(wikiFleet, [{ ...wikiFile, text }])).toEqual([
      "services/wiki.yaml:37:19: uses.0.env.CACHE: '${service.redis.port.htp}' is not a port of 'redis'; one of 'redis'",
    ]);
  });

  test("needs in a ring are told at each of it", () => {
    const link = (name: string, next: string) => ({
      file: `services/${name}.yaml`,
      text: changedWiki("name: wiki", `name: ${name}`)
        .replace("scope: tenant", "scope: shared")
        .replaceAll("310", name === "one" ? "320" : "330")
        .replace("needs:", `needs:\n  - { kind: service, service: ${next} }`),
    });
    expect(told(example, [link("one", "two"), link("two", "one")])).toEqual([
      "services/one.yaml:34:31: needs.0.service: 'one' needs itself: one -> two -> one",
      "services/two.yaml:34:31: needs.0.service: 'two' needs itself: two -> one -> two",
    ]);
  });

  test("of the fleet file keep their place behind a catalog in the middle", () => {
    const text = wikiFleet
      .replace("tenants:", "catalog:\n  # own\ntenants:")
      .replace("user2: { node: user2 }", "user2: { nod: user2 }");
    const place = text.slice(0, text.indexOf("nod: user2")).split("\n");
    expect(told(text)).toEqual([
      `fleet.yaml:${place.length}:${(place.at(-1)?.length ?? 0) + 1}: tenants.user2.nod: unknown key 'nod'; did you mean 'node'?`,
    ]);
  });

  test("a port that the service's part takes from another", () => {
    const text = wikiFleet.replace("    n8n: #", "    n8n: { hostPort: 3101 } #");
    expect(told(text)).toEqual([
      expect.stringMatching(
        /^fleet\.yaml:\d+:5: services\.tenant\.n8n: port 3101 on node 'user1' is taken by 'user1-wiki'$/,
      ),
      expect.stringContaining("node 'user2'"),
      expect.stringContaining("node 'user3'"),
    ]);
    expect(told(wikiFleet.replace("    wiki:", "    wiki: { hostPort: 8000 }"))).toEqual([
      expect.stringMatching(/services\.tenant\.wiki\.hostPort: 'wiki' has 2 ports; hostPort needs exactly one$/),
    ]);
  });
});

describe("whatever is in the fleet file", () => {
  const shapes = [
    example,
    example.replace("tenants:", () => `catalog:\n  # own\n  shop:\n${indented(shop)}tenants:`),
    example.replace("tenants:", "catalog: {}\ntenants:"),
    example.replaceAll(/^(?=.)/gm, "  "),
  ];
  /** What there is to choose from has the service in it, or not. */
  const withoutChoice = (problems: readonly Problem[]) =>
    problems.map((problem) => ({ ...problem, message: problem.message.replace(/; (?:one of|did you mean) .*/, "") }));

  test("its mistakes are where they are without services beside it", () => {
    const piece = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom("", "\n", "x", ": ", "[", "{ }", "null", "*a"));
    const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(20), piece);
    fc.assert(
      fc.property(fc.constantFrom(...shapes), change, (shape, [where, length, put]) => {
        const start = Math.floor(where * shape.length);
        const text = shape.slice(0, start) + put + shape.slice(start + length);
        const { text: whole, problems, locate } = assemble(text);
        if (problems.length > 0) return;
        const beside = parseFleet(whole, "fleet.yaml", catalog).problems.map(locate);
        expect(withoutChoice(beside)).toEqual(withoutChoice(parseFleet(text, "fleet.yaml", catalog).problems));
      }),
      { numRuns: 200 },
    );
  });
});
