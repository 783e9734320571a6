import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FirewallSpec } from "@berth/shared/operations/firewall-ensure";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal } from "../journal/journal.ts";
import { Firewall } from "./firewall.ts";
import { digestOf, tableContent, type TableContent, tableNames } from "./nft-json.ts";
import { nftError } from "./nft.ts";
import { isEmpty } from "./ruleset.ts";
import { parseUplinks } from "./uplink.ts";

const never = new AbortController().signal;

/** Keeps the last ruleset as its table's content. */
class FakeNft {
  readonly applied: string[] = [];
  content: TableContent | null = null;
  failure: Error | undefined;

  async apply(ruleset: string): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.applied.push(ruleset);
    this.content = ruleset.endsWith("}\n") ? [{ rule: ruleset, handle: this.applied.length }] : null;
  }

  async readTable(): Promise<TableContent | null> {
    return this.content;
  }
}

function specOf(hash: string, port: number | null): FirewallSpec {
  const inbound = port === null ? [] : [{ networks: null, ports: [port], verdict: "drop" as const }];
  return { node: "user1", hash, inbound, outbound: [] };
}

describe("Firewall", () => {
  let directory: string;
  let nft: FakeNft;
  let journal: Journal;
  let firewall: Firewall;
  const file = () => readFile(join(directory, "firewall.nft"), "utf8").catch(() => null);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "berth-firewall-"));
    nft = new FakeNft();
    journal = new Journal(":memory:");
    firewall = new Firewall({ nft, desired: journal.firewall, file: join(directory, "firewall.nft") });
  });
  afterEach(async () => {
    journal.close();
    await rm(directory, { recursive: true });
  });

  it("is applied once, kept for the next boot, and journalled", async () => {
    const spec = specOf("a", 22);
    expect(await firewall.ensure(spec, never)).toEqual({ changed: true });
    expect(await firewall.ensure(spec, never)).toEqual({ changed: false });
    expect(nft.applied).toHaveLength(1);
    expect(await file()).toBe(nft.applied[0]);
    expect(journal.firewall.get()?.spec).toEqual(spec);
    expect(await firewall.hashInForce(never)).toBe("a");
  });

  it.each<[string, TableContent | null, string]>([
    ["deleted", null, "missing"],
    ["altered", [{ rule: "other" }], "altered"],
  ])("is not in force any more when it was %s, and is put back", async (_what, content, drift) => {
    await firewall.ensure(specOf("a", 22), never);
    nft.content = content;
    expect(await firewall.drift(never)).toBe(drift);
    expect(await firewall.hashInForce(never)).toBeNull();
    await firewall.mend(never);
    expect(await firewall.hashInForce(never)).toBe("a");
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ["was written by another version of the agent", async (path) => writeFile(path, "table inet berth {}\n")],
    ["is gone", rm],
  ])(
    "is put in force anew when the file for the next boot %s, but for what somebody changed",
    async (_what, change) => {
      await firewall.ensure(specOf("a", 22), never);
      expect(await firewall.renew(never)).toBe(false);
      await change(join(directory, "firewall.nft"));
      const { content } = nft;
      nft.content = null;
      expect(await firewall.renew(never)).toBe(false);
      nft.content = content;
      expect(await firewall.renew(never)).toBe(true);
      expect(nft.applied).toHaveLength(2);
      expect(await file()).toBe(nft.applied[1]);
      expect(await firewall.hashInForce(never)).toBe("a");
    },
  );

  it("stays the one before when the next cannot be put in force", async () => {
    await firewall.ensure(specOf("a", 22), never);
    nft.failure = new Error("no");
    await expect(firewall.ensure(specOf("b", 23), never)).rejects.toThrow("no");
    expect(journal.firewall.get()?.spec.hash).toBe("a");
    expect(await firewall.hashInForce(never)).toBe("a");
  });

  it("is gone, and so is what would be loaded at boot, when there are no rules", async () => {
    await firewall.ensure(specOf("a", 22), never);
    const none = specOf("none", null);
    expect(isEmpty(none)).toBe(true);
    expect(await firewall.ensure(none, never)).toEqual({ changed: true });
    expect(nft.content).toBeNull();
    expect(await file()).toBeNull();
    expect(journal.firewall.get()).toBeUndefined();
    expect(await firewall.ensure(none, never)).toEqual({ changed: false });
  });
});

describe("what nft says", () => {
  it("is compared without the numbers that change each time", () => {
    const output = (handle: number, port: number, elements?: object) =>
      JSON.stringify({
        nftables: [
          { metainfo: { version: "1.0.6" } },
          { table: { family: "inet", name: "berth", handle } },
          { set: { name: "counted_0", handle, size: 65_535, ...elements } },
          { rule: { handle, expr: [{ match: { right: port } }] } },
        ],
      });
    expect(tableNames(output(1, 22))).toEqual(["berth"]);
    expect(digestOf(tableContent(output(1, 22)))).toBe(digestOf(tableContent(output(7, 22))));
    const counted = { elem: [{ elem: { val: "10.0.6.11", "ct count": { val: 64, inv: true } } }] };
    expect(digestOf(tableContent(output(1, 22, counted)))).toBe(digestOf(tableContent(output(1, 22))));
    expect(digestOf(tableContent(output(1, 22, { size: 1 })))).not.toBe(digestOf(tableContent(output(1, 22))));
    expect(digestOf(tableContent(output(1, 22)))).not.toBe(digestOf(tableContent(output(1, 23))));
  });

  it.each([
    [Object.assign(new Error("spawn nft ENOENT"), { code: "ENOENT" }), "", /no nft/, /`berth apply` installs it anew/],
    [
      new Error("failed"),
      "netlink: Error: cache initialization failed: Operation not permitted\n",
      /may not change/,
      /`berth apply` installs it anew/,
    ],
    [new Error("failed"), "Error: No such file or directory\nadd rule", /No such file or directory$/, /modprobe/],
  ])("becomes one sentence and what to do: %s", (error, stderr, message, hint) => {
    expect(nftError(error, stderr)).toMatchObject({
      code: "host.unsupported",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });
});

it("knows the node's uplinks by their default routes", () => {
  const routes = [
    "Iface\tDestination\tGateway \tFlags",
    "eth0\t00000000\t0106000A\t0003",
    "br-lan\t00000000\t0106000A\t0003",
    "docker0\t000011AC\t00000000\t0001",
  ];
  expect(parseUplinks(routes.join("\n"))).toEqual(["eth0", "br-lan"]);
});
