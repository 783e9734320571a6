import { describe, expect, test } from "vitest";
import { changed, formattedProblems, place, problemsOf, withN8n } from "./testing/example.ts";

function messagesOf(text: string): string[] {
  return problemsOf(text).map(({ message }) => message);
}

const inQuotes = "put it in quotes";

describe("a value that does not fit is told in one sentence", () => {
  test.each([
    ["version: 2.40", `'2.40' must be text, and is a number to YAML; ${inQuotes}`],
    ["version: true", `'true' must be text, and is true or false to YAML; ${inQuotes}`],
    ["version:", "must be text, and is empty"],
    ["version: [1]", "must be text, not a list"],
    ["env: { P: 3 }", `'3' must be text, and is a number to YAML; ${inQuotes}`],
    ["env: [P=x]", "must be a map of keys and values, not a list"],
    ["env: { 1P: x }", "'1P' must be a variable's name: letters, digits and '_', and no digit at its start"],
    [
      "env: { P: '${secret:user2-n8n/database@1}' }",
      "'${secret:user2-n8n/database@1}' must not hold '${secret:', with which Berth itself refers to secrets",
    ],
    ["cpus: 0", "'0' must be at least 0.01"],
    ["cpus: many", "'many' must be a number"],
    ["cpus: '2'", "'2' must be a number; leave out the quotes"],
    ["hostPort: 0", "'0' must be at least 1"],
    ["hostPort: 70000", "'70000' must be at most 65535"],
    ["hostPort: 80.5", "'80.5' must be a whole number"],
    ["memory: 512", "'512' must be a size such as 512MiB or 16GiB"],
    ["memory: 5.9MiB", "'5.9MiB' must be at least 6MiB, the least that Docker takes"],
    ["memory: 1025TiB", "'1025TiB' must be at most 1024TiB"],
  ])("n8n: { %s }", (settings, message) => {
    expect(messagesOf(withN8n(settings))).toEqual([message]);
  });

  test.each([
    ["memory: 16GiB", "memory: 0GiB", "'0GiB' must be at least 16MiB, the least that Proxmox VE gives an LXC"],
    ["disk: 100GiB", "disk: 0GiB", "'0GiB' must be at least 1GiB, or the system of a node does not fit"],
    ["features: [nesting] }", "features: nesting }", "'nesting' must be a list such as [a, b]"],
    ["domain: valuechainhackers.xyz", "domain: a_b", "'a_b' must be a domain such as example.org"],
    ["caFile: proxmox/ca.pem", "caFile: ''", "'' must not be empty"],
    ["address: 10.0.6.12", "address: 10.0.6.12, ssh: true", "'true' must be a map of keys and values, or false"],
  ])("%s -> %s", (from, to, message) => {
    expect(messagesOf(changed(from, to))).toEqual([message]);
  });
});

describe("an image tag", () => {
  test.each(["2.40.7", "v1_2-rc.1", "_", "x".repeat(128)])("%s is one", (tag) => {
    expect(messagesOf(withN8n(`version: "${tag}"`))).toEqual([]);
  });

  test.each(["no such/tag:x", ".5", "-5", "", "x".repeat(129)])("%s is none", (tag) => {
    expect(messagesOf(withN8n(`version: "${tag}"`))).toEqual([
      `'${tag}' must be an image tag: 1 to 128 letters, digits, '_', '.' and '-', and no '.' or '-' at its start`,
    ]);
  });
});

describe("a version that names its digest", () => {
  const hex = "0123456789abcdef".repeat(4);

  test.each([`2.41.1@sha256:${hex}`, `v1_2-rc.1@sha256:${hex}`])("%s is one", (version) => {
    expect(messagesOf(withN8n(`version: ${version}`))).toEqual([]);
  });

  test.each(["@sha256:0", "@", `@sha256:${hex.toUpperCase()}`, `@sha256:${hex}0`, `@sha512:${hex}`, `@${hex}`])(
    "2.41.1%s is none, and that is told of the digest, where it stands",
    (digest) => {
      const text = withN8n(`version: "2.41.1${digest}"`);
      expect(formattedProblems(text)).toEqual([
        `${place('"2.41.1', 21, text)}: services.tenant.n8n.version: '2.41.1${digest}' must have 'sha256:' and 64 ` +
          "digits of 0-9 and a-f behind its '@', or neither: 2.41.1@sha256:…",
      ]);
    },
  );

  test("whose tag is none is told of the tag", () => {
    expect(messagesOf(withN8n(`version: "-5@sha256:${hex}"`))).toEqual([expect.stringMatching(/must be an image tag/)]);
  });
});

describe("a misspelt key", () => {
  test("is told once, and not as missing too: the README's two mistakes", () => {
    const text = changed("memory: 16GiB", "memory: 16GB").replace("user2: { address", "user2: { adress");
    expect(formattedProblems(text)).toEqual([
      `${place("shared: { cores", 31)}: templates.shared.memory: '16GB' must be a size such as 512MiB or 16GiB`,
      `${place("user2: { address", 12)}: nodes.user2.adress: unknown key 'adress'; did you mean 'address'?`,
    ]);
  });

  test("leaves another key's absence, and that of other maps, to be told", () => {
    const text = changed("user2: { address: 10.0.6.12,", "user2: { vmidd: 120,");
    expect(messagesOf(text.replace("user3: { address: 10.0.6.13", "user3: { adress: 10.0.6.13"))).toEqual([
      "'address' is missing",
      "unknown key 'vmidd'; did you mean 'vmid'?",
      "unknown key 'adress'; did you mean 'address'?",
    ]);
  });

  test("inside what may also be false is told as the key it is", () => {
    const text = changed("user2: { node: user2 }", "user2: { node: user2, services: { n8n: { versoin: x } } }");
    expect(messagesOf(text)).toEqual(["unknown key 'versoin'; did you mean 'version'?"]);
  });

  test("what an alias repeats is not missing where it is repeated", () => {
    const text = changed(
      "tenant: { cores: 2,",
      "other: &other { cores: two, memory: 4GiB, disk: 20GiB }\n  tenant: *other\n  third: { cores: 2,",
    );
    expect(messagesOf(text)).toEqual(["'two' must be a number", "must be a number"]);
  });
});
