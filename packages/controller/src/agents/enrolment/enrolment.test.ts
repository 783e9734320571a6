import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeKeyAndRequest } from "../testing/certificates.ts";
import { startHarness, type Harness } from "../testing/harness.ts";
import { repeatMilliseconds } from "./enrolment.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.close());

const enrol = (token: string, csr: string, remoteAddress = "10.0.6.11") =>
  harness.hub.handleEnrol({ body: { token, csr }, remoteAddress });
const newToken = async (validSeconds = 60) =>
  (await harness.hub.createJoinToken({ node: "user1", validSeconds })).token;

describe("a join token", () => {
  it("buys a certificate for its node", async () => {
    const { csr } = await makeKeyAndRequest({ commonName: "another-node" });
    const response = await enrol(await newToken(), csr);
    expect(response).toMatchObject({ node: "user1", ca: harness.authority.caPem });
    expect(response.certificate).toContain("BEGIN CERTIFICATE");
  });

  it("is not stored", async () => {
    const token = await newToken();
    const secret = token.split(".")[2] ?? "";
    const rows = await harness.inventory.database.selectFrom("joinTokens").selectAll().execute();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it("works once: another key gets nothing for it", async () => {
    const token = await newToken();
    await enrol(token, (await makeKeyAndRequest()).csr);
    const second = enrol(token, (await makeKeyAndRequest()).csr);
    await expect(second).rejects.toMatchObject({ code: "token.invalid", message: "The join token has been used" });
  });

  it("works for one of several that come with it at the same moment", async () => {
    const token = await newToken();
    const requests = await Promise.all(Array.from({ length: 8 }, () => makeKeyAndRequest()));
    const outcomes = await Promise.allSettled(requests.map(({ csr }) => enrol(token, csr)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const certificates = await harness.inventory.database.selectFrom("certificates").selectAll().execute();
    expect(certificates).toHaveLength(1);
  });

  it("gives the same key the same certificate again, for a while", async () => {
    const token = await newToken();
    const { csr } = await makeKeyAndRequest();
    const first = await enrol(token, csr);
    expect(await enrol(token, csr)).toEqual(first);
    harness.clock.offset = repeatMilliseconds - 1000;
    expect(await enrol(token, csr)).toEqual(first);
    harness.clock.offset = repeatMilliseconds + 1000;
    await expect(enrol(token, csr)).rejects.toMatchObject({ code: "token.invalid" });
  });

  it("gives two equal requests at the same moment one certificate", async () => {
    const token = await newToken();
    const { csr } = await makeKeyAndRequest();
    const responses = await Promise.all([enrol(token, csr), enrol(token, csr), enrol(token, csr)]);
    expect(new Set(responses.map(({ certificate }) => certificate)).size).toBe(1);
  });

  it("expires", async () => {
    const token = await newToken(60);
    harness.clock.offset = 61_000;
    await expect(enrol(token, (await makeKeyAndRequest()).csr)).rejects.toMatchObject({
      code: "token.invalid",
      message: "The join token has expired",
    });
  });

  it("is not used up by a request that is wrong", async () => {
    const token = await newToken();
    const wrong = enrol(token, (await makeKeyAndRequest({ foreignSignature: true })).csr);
    await expect(wrong).rejects.toMatchObject({ code: "request.invalid" });
    await expect(enrol(token, (await makeKeyAndRequest()).csr)).resolves.toMatchObject({ node: "user1" });
  });

  it("dies with its node", async () => {
    const token = await newToken();
    await harness.hub.revoke("user1", "removed");
    await expect(enrol(token, (await makeKeyAndRequest()).csr)).rejects.toMatchObject({ code: "token.invalid" });
  });

  it.each([
    ["no token at all", () => "let me in"],
    ["an unknown id", (token: string) => replacePart(token, 1, randomBytes(9).toString("base64url"))],
    ["a forged secret", (token: string) => replacePart(token, 2, randomBytes(32).toString("base64url"))],
    ["another authority's fingerprint", (token: string) => replacePart(token, 3, "0".repeat(64))],
  ])("is refused when it is %s", async (_what, forge) => {
    const forged = forge(await newToken());
    const { csr } = await makeKeyAndRequest();
    await expect(enrol(forged, csr)).rejects.toMatchObject({ code: "token.invalid" });
  });

  it("never shows in an error", async () => {
    const token = await newToken();
    await enrol(token, (await makeKeyAndRequest()).csr);
    const error: unknown = await enrol(token, (await makeKeyAndRequest()).csr).catch((caught: unknown) => caught);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(token.split(".")[2]);
  });
});

describe("handleEnrol", () => {
  it.each([[undefined], [null], ["text"], [{}], [{ token: 1, csr: 2 }], [{ csr: "x" }], [{ token: "x".repeat(1e6) }]])(
    "answers a malformed body with an error: %#",
    async (body) => {
      const enrolling = harness.hub.handleEnrol({ body, remoteAddress: "10.0.6.11" });
      await expect(enrolling).rejects.toMatchObject({ code: expect.stringMatching(/^(token|request)\.invalid$/) });
    },
  );

  it("slows down an address that guesses, and no other", async () => {
    const { csr } = await makeKeyAndRequest();
    for (let attempt = 0; attempt < 10; attempt++) {
      await expect(enrol("guess", csr, "10.0.6.66")).rejects.toMatchObject({ code: "token.invalid" });
    }
    const token = await newToken();
    await expect(enrol(token, csr, "10.0.6.66")).rejects.toMatchObject({ code: "rate.limited" });
    await expect(enrol(token, csr, "10.0.6.11")).resolves.toMatchObject({ node: "user1" });
    harness.clock.offset = 60_000;
    await expect(enrol("guess", csr, "10.0.6.66")).rejects.toMatchObject({ code: "token.invalid" });
  });

  it("lets a whole rack behind one address enrol", async () => {
    const { csr } = await makeKeyAndRequest();
    for (let node = 0; node < 20; node++) {
      const { token } = await harness.hub.createJoinToken({ node: `node-${node}`, validSeconds: 60 });
      await enrol(token, csr);
    }
    expect(harness.hub.connections()).toHaveLength(20);
  });
});

function replacePart(token: string, index: number, part: string): string {
  return token.split(".").with(index, part).join(".");
}
