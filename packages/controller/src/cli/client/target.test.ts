import { expect, test } from "vitest";
import { candidateTargets, formatTarget, parseTarget, reachTarget } from "./target.ts";

const login = {
  url: "https://berth.example.org:8421",
  account: "anna",
  token: "t0ken",
  expiresAt: "2026-12-24T06:31:12.000Z",
  certificate: "PEM",
};
const sockets = ["/run/a.sock", "/run/b.sock"];

test("without a choice or a login: the sockets in order", () => {
  expect(candidateTargets({ chosen: undefined, login: undefined, sockets }).map(formatTarget)).toEqual([
    "unix:/run/a.sock",
    "unix:/run/b.sock",
  ]);
});

test("a login is looked at alone: no other controller stands in for it", () => {
  expect(candidateTargets({ chosen: undefined, login, sockets })).toEqual([
    { kind: "url", url: new URL(login.url), token: "t0ken", certificate: "PEM" },
  ]);
});

test("a choice wins over the login, and gets its token only at its address", () => {
  expect(candidateTargets({ chosen: "unix:/run/c.sock", login, sockets })).toEqual([
    { kind: "unix", socket: "/run/c.sock" },
  ]);
  expect(parseTarget("/run/c.sock", login)).toEqual({ kind: "unix", socket: "/run/c.sock" });
  expect(parseTarget("https://berth.example.org:8421/", login)).toMatchObject({ token: "t0ken" });
  expect(parseTarget("https://berth.example.org:8422", login)).toMatchObject({
    token: undefined,
    certificate: undefined,
  });
});

test.each(["berth.example.org", "ftp://berth.example.org", "unix:relative.sock", "http://10.0.6.1:8420"])(
  "%s is refused",
  (text) => {
    expect(() => parseTarget(text, undefined)).toThrow(expect.objectContaining({ code: "request.invalid" }));
  },
);

test("plain HTTP is for this machine", () => {
  expect(parseTarget("http://127.0.0.1:8420", undefined)).toMatchObject({ kind: "url" });
});

test("what was tried is told with its reason", async () => {
  const nobody = { kind: "url", url: new URL("http://127.0.0.1:1"), token: undefined, certificate: undefined } as const;
  await expect(reachTarget([{ kind: "unix", socket: "/nonexistent/a.sock" }, nobody])).rejects.toMatchObject({
    code: "controller.unreachable",
    message:
      "No controller answers. Tried: unix:/nonexistent/a.sock (no such socket), http://127.0.0.1:1 (nothing listens there).",
  });
});
