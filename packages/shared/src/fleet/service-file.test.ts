import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { catalog } from "../catalog/index.ts";
import { parseServiceFile } from "./service-file.ts";
import { changedWiki, serviceProblems, wiki } from "./testing/services.ts";

function messages(text: string, file?: string): string[] {
  return serviceProblems(text, file).map((problem) => problem.replace(/^\S+:\d+:\d+: /, ""));
}

test("a good file is a service with Berth's defaults", () => {
  const parsed = parseServiceFile({ file: "services/wiki.yaml", text: wiki }, catalog);
  expect(parsed.problems).toEqual([]);
  expect(parsed.service).toMatchObject({ name: "wiki", memory: 512 * 1024 ** 2, stopTimeoutSeconds: 10 });
});

describe("mistakes of the schema come back with their place and what would be right", () => {
  test.each([
    ["memory: 512MiB", "memory: 512MB", "21:9: memory: '512MB' must be a size such as 512MiB or 16GiB"],
    ['version: "2.1"', "version: 2.1", "6:10: version: '2.1' must be text, and is a number to YAML; put it in quotes"],
    ["scope: tenant", "scope: tennant", "4:8: scope: 'tennant' is not allowed; did you mean 'tenant'?"],
    ["title: Wiki", "titl: Wiki", "2:1: titl: unknown key 'titl'; did you mean 'title'?"],
    ["kind: database", "kind: databse", "34:13: needs.0.kind: 'databse' is not allowed; did you mean 'database'?"],
    [
      "{ kind: database }",
      "{}",
      "34:5: needs.0: 'kind' is missing; one of 'database', 'collections', 'buckets', 'service'",
    ],
    ["{ length: 40 }", "{ lenght: 40 }", "15:10: secrets.key.lenght: unknown key 'lenght'; did you mean 'length'?"],
    ["{ length: 40 }", "40", "15:8: secrets.key: '40' must be a map of keys and values"],
    ["  key: {", "  a-key: {", "15:3: secrets.a-key: 'a-key' must be letters and digits, with a letter at its start"],
    ["path: /data", "path: data", "20:25: volumes.0.path: 'data' must start with '/'"],
    [
      'version: "1"',
      'version: "1"\n    digest: sha256:1',
      "28:13: parts.0.digest: 'sha256:1' must be 'sha256:' and 64 hexadecimal digits",
    ],
    [
      "title: Wiki",
      "title: Wiki\nwebsite: wiki",
      "3:10: website: 'wiki' must be an address such as https://example.org",
    ],
    ["  http: { port: 8080, path: /health }", "  failures: 2", "23:3: health: needs either http or command"],
    [
      "method: volumes",
      "method: tar",
      "39:19: backup.method: 'tar' is not allowed; one of 'none', 'volumes', 'postgres', 'qdrant', 'buckets', 'neo4j'",
    ],
  ])("%s -> %s", (from, to, problem) => {
    expect(serviceProblems(changedWiki(from, to))).toContain(`services/wiki.yaml:${problem}`);
  });
});

describe("what the schema cannot see", () => {
  test.each([
    [
      "a name that is not the file's",
      "name: wiki",
      "name: wikki",
      "name: 'wikki' must be 'wiki', the name that its file has",
    ],
    [
      "an image without registry",
      "docker.io/example/wiki",
      "example/wiki",
      "image: 'example/wiki' must be an image with its registry and without tag: docker.io/library/redis",
    ],
    [
      "an image with a tag",
      "docker.io/example/wiki",
      "docker.io/example/wiki:2",
      "image: 'docker.io/example/wiki:2' must be an image with its registry and without tag: docker.io/library/redis",
    ],
    [
      "a tag that is none",
      'version: "2.1"',
      "version: a b",
      "version: 'a b' must be an image tag: 1 to 128 letters, digits, '_', '.' and '-', and no '.' or '-' at its start",
    ],
    [
      "too little memory",
      "memory: 512MiB",
      "memory: 1MiB",
      "memory: '1MiB' must be at least 6MiB, the least that Docker takes",
    ],
    [
      "a variable that is none",
      "  TOKEN:",
      "  1TOKEN:",
      "env.1TOKEN: '1TOKEN' must be a variable's name: letters, digits and '_', and no digit at its start",
    ],
    ["a port that is none", "host: 3100", "host: 70000", "ports.0.host: '70000' must be from 1 to 65535"],
    ["a host port twice", "host: 3101", "host: 3100", "parts.0.ports.0.host: host port '3100' stands above already"],
    [
      "a port's name twice",
      "{ name: search, container",
      "{ name: http, container",
      "parts.0.ports.0.name: port's name 'http' stands above already",
    ],
    [
      "health at no port of the container",
      "http: { port: 8080,",
      "http: { port: 8008,",
      "health.http.port: '8008' is none of the container's ports: 8080",
    ],
    [
      "a route to no port",
      "route: { port: http }",
      "route: { port: htp }",
      "route.port: no port is named 'htp'; did you mean 'http'?",
    ],
    [
      "a volume's path twice",
      "path: /data }",
      "path: /data }\n  - { name: more, path: /data }",
      "volumes.1.path: path '/data' stands above already",
    ],
    [
      "a token signed with nothing",
      "signedWith: key",
      "signedWith: kee",
      "secrets.token.token.signedWith: no secret is named 'kee'; did you mean 'key'?",
    ],
    [
      "a token signed with a token",
      "signedWith: key",
      "signedWith: token",
      "secrets.token.token.signedWith: 'token' is a token itself; one of 'key'",
    ],
    [
      "a need twice",
      "- { kind: database }",
      "- { kind: database }\n  - { kind: database }",
      "needs.1: need 'database' stands above already",
    ],
    [
      "a part twice",
      "parts:",
      'parts:\n  - { name: search, image: docker.io/e/s, version: "1", memory: 64MiB, health: { command: [ok] } }',
      "parts.1.name: part 'search' stands above already",
    ],
    [
      "an early part below a late one",
      "parts:",
      'parts:\n  - { name: late, starts: after, image: docker.io/e/s, version: "1", memory: 64MiB, health: { command: [ok] } }',
      "parts.1.starts: 'before' stands below part 'late', which starts after; parts are listed in the order of their start",
    ],
  ])("%s", (_, from, to, message) => {
    expect(messages(changedWiki(from, to))).toContain(message);
  });

  test("a name of Berth's own", () => {
    const text = wiki.replace("name: wiki", "name: postgres");
    expect(serviceProblems(text, "services/postgres.yaml")).toEqual([
      "services/postgres.yaml:1:7: name: 'postgres' is a service of Berth's own; choose another name",
    ]);
  });

  test("a file whose name is no service's", () => {
    expect(serviceProblems(wiki, "services/My Wiki.yaml")).toEqual([
      "services/My Wiki.yaml:1:1: a service cannot be named 'My Wiki', as the file is: names are 1 to 32 of a-z, 0-9 and '-', with a letter at the start and no '-' at the end",
    ]);
  });

  test("a shared service is given no key of a tenant", () => {
    const text = changedWiki("scope: tenant", "scope: shared").replace("uses:", "uses:\n  - { key: openrouter }");
    expect(messages(text)).toEqual(["uses.0.key: 'openrouter' is given to tenants, and this is a shared service"]);
  });
});

describe("placeholders", () => {
  test.each([
    ["${secrt.key}", "is no placeholder; did you mean 'secret'?; for the text itself write '$' before it"],
    ["${secret.kee}", "is not a secret of the service; did you mean 'key'?"],
    ["${secret}", "is not written as a placeholder of its kind"],
    ["${tenant.name}", "is not written as a placeholder of its kind"],
    ["${database.uri}", "is not of a database; did you mean 'url'?"],
    ["${collections.token}", "stands for what the service has not asked for; add a need of kind 'collections'"],
    ["${bucket.files}", "stands for what the service has not asked for; add a need of kind 'buckets'"],
    ["${part.serch}", "is not a part of the service; did you mean 'search'?"],
    ["${node.name}", "is not of the node; one of 'address'"],
    ["${secret.key.sha1}", "is not a form of a secret; one of 'bcrypt'"],
    ["${controller.adress}", "is not of the controller; did you mean 'address'?"],
    ["${controller.metricsToken}", "opens the metrics of every tenant, which no tenant may hold"],
    ["${key}", "stands only in the env of a use with a 'key'"],
    [
      "${service.redis.address}",
      "stands for a service that it neither needs nor, here, uses; add 'redis' to its needs or uses",
    ],
    ["${service.wiki.url}", "is the service itself; write '${main}', '${node.address}' or '${route.url}'"],
    ["${service.postgres.secret.superuserPassword}", "is a secret of a shared service, which no tenant may hold"],
    ["${service.postgres.adress}", "is not of a service; did you mean 'address'?"],
  ])("%s", (placeholder, message) => {
    const text = changedWiki("${secret.token}", placeholder);
    expect(messages(text)).toEqual([`env.TOKEN: '${placeholder}' ${message}`]);
  });

  test.each([
    ...["${main}", "${tenant}", "${node.address}", "$${HOME}", "${HOME:-/}", "$HOME", "${service.postgres.url}"],
    ...["${secret.token.bcrypt}", "${controller.address}:${controller.port}", "${controller.ca}"],
  ])("%s is right", (text) => {
    expect(messages(changedWiki("${secret.token}", text))).toEqual([]);
  });

  test("the token of the metrics is for shared services, and refused where a tenant's asks for it", () => {
    const shared = changedWiki("scope: tenant", "scope: shared").replace(
      "${secret.token}",
      "${controller.metricsToken}",
    );
    expect(messages(shared).filter((message) => message.includes("metricsToken"))).toEqual([]);
    const text = changedWiki("${secret.token}", "${controller.metricsToken}");
    const line = text.slice(0, text.indexOf("${controller")).split("\n").length;
    const { problems } = parseServiceFile({ file: "services/wiki.yaml", text }, catalog);
    expect(problems).toMatchObject([{ file: "services/wiki.yaml", line, column: 10 }]);
  });

  test("count in files, commands, parts and uses, too", () => {
    const text = changedWiki("${route.host}", "${file}")
      .replace("memory: 512MiB", 'memory: 512MiB\ncommand: [serve, "${command}"]')
      .replace("    memory: 256MiB", '    memory: 256MiB\n    env: { A: "${inpart}" }')
      .replace("${service.redis.address}", "${inuse}");
    expect(messages(text).map((message) => message.split(" ")[0])).toEqual([
      "files.0.content:",
      "command.1:",
      "parts.0.env.A:",
      "uses.0.env.CACHE:",
    ]);
  });
});

test.each(["${secret.token}", "${database.url}", "${database.password}"])(
  "%s is no argument: those show in process lists",
  (placeholder) => {
    const text = changedWiki("memory: 512MiB", `memory: 512MiB\ncommand: [serve, "--with=${placeholder}"]`);
    expect(messages(text)).toEqual([
      `command.1: '${placeholder}' would show in process lists; put it into env or a file, and let the command read it there`,
    ]);
    expect(messages(text.replace(`--with=${placeholder}`, "--with=${database.host}"))).toEqual([]);
  },
);

test("a reference as Berth writes them would be given the secret of anybody", () => {
  for (const reference of ["${secret:shared-postgres/superuserPassword@1}", "$${secret:user2-n8n/database@1}"]) {
    expect(messages(changedWiki("${secret.token}", reference))).toEqual([
      "env.TOKEN: must not hold '${secret:', with which Berth itself refers to secrets",
    ]);
  }
});

describe("whatever is in a file", () => {
  function expectTold(text: string): void {
    const { service, problems } = parseServiceFile({ file: "services/wiki.yaml", text }, catalog);
    expect(service === null).toBe(problems.length > 0);
    for (const { line, column, message } of problems) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(text.split("\n").length);
      expect(column).toBeGreaterThanOrEqual(1);
      expect(message).not.toMatch(/undefined|\[object|^$/);
    }
  }

  test("any text is a service or told to be none", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), expectTold));
    fc.assert(fc.property(fc.json({ maxDepth: 4 }), expectTold));
  });

  test("so is a good file with a piece of it replaced", () => {
    const replacement = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(
        "",
        "null",
        "3",
        "true",
        "[]",
        "{}",
        "\n",
        "  ",
        "*a",
        "&a ",
        "- ",
        ": ",
        "${",
        "name",
        "__proto__: x",
      ),
    );
    fc.assert(
      fc.property(fc.nat(wiki.length), fc.nat(40), replacement, (start, length, piece) =>
        expectTold(wiki.slice(0, start) + piece + wiki.slice(start + length)),
      ),
      { numRuns: 300 },
    );
  });

  test("so is a service with any value under any key", () => {
    const keys = ["ports", "env", "parts", "needs", "uses", "secrets", "health", "volumes", "files", "route", "backup"];
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), value), (changes) => {
        const base = {
          name: "wiki",
          title: "W",
          description: "",
          scope: "tenant",
          image: "docker.io/e/w",
          version: "1",
        };
        expectTold(JSON.stringify({ ...base, memory: "1GiB", health: { command: ["ok"] }, ...changes }));
      }),
      { numRuns: 300 },
    );
  });
});
