import { whoAmI } from "@berth/shared/api/accounts";
import { getRun } from "@berth/shared/api/runs";
import { afterEach, expect, it, vi } from "vitest";
import { call, fillPath, queryString } from "./client.ts";

afterEach(() => vi.unstubAllGlobals());

function answerWith(response: () => Promise<Response>): void {
  vi.stubGlobal("fetch", vi.fn(response));
}

it("encodes what it puts into a path", () => {
  expect(fillPath("/api/nodes/:name/upgrade-agent", { name: "a/b ?" })).toBe("/api/nodes/a%2Fb%20%3F/upgrade-agent");
  expect(queryString({ seconds: 300, node: undefined, text: "a&b" })).toBe("?seconds=300&text=a%26b");
  expect(queryString(undefined)).toBe("");
});

it("answers with the account", async () => {
  const account = { name: "admin", role: "admin", tenant: null };
  answerWith(async () => Response.json(account));
  expect(await call(whoAmI)).toEqual(account);
});

it("passes on the controller's own words", async () => {
  const error = { code: "not-found", message: "There is no run 7.", hint: "`berth run list` shows them." };
  answerWith(async () => Response.json({ error }, { status: 404 }));
  await expect(call(getRun, { params: { id: 7 } })).rejects.toMatchObject(error);
});

it("says so when something else answers in the controller's place", async () => {
  answerWith(async () => new Response("<html>Bad gateway", { status: 502 }));
  await expect(call(whoAmI)).rejects.toMatchObject({
    code: "controller.unreachable",
    message: "The controller answered with status 502.",
  });
});

it("says so when an answer has another shape", async () => {
  answerWith(async () => Response.json({ name: "admin" }));
  await expect(call(whoAmI)).rejects.toMatchObject({ code: "protocol.invalid" });
});

it("says so when nobody answers", async () => {
  answerWith(() => Promise.reject(new TypeError("Failed to fetch")));
  await expect(call(whoAmI)).rejects.toMatchObject({
    code: "controller.unreachable",
    message: "The controller does not answer.",
  });
});
