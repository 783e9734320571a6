import { expect, test } from "vitest";
import { runInTest } from "../testing/terminal.ts";
import { serveOptions, serviceCommand } from "./serve.ts";

const input = {
  state: "/var/lib/berth",
  configuration: "/etc/berth",
  socket: "/run/berth/controller.sock",
  page: "127.0.0.1:8420",
  agents: "[::]:8421",
  registryMirror: undefined,
  registryMirrorCa: undefined,
};

test("options become absolute paths and places to listen", () => {
  expect(serveOptions(input)).toEqual({
    stateDirectory: "/var/lib/berth",
    configurationDirectory: "/etc/berth",
    socket: "/run/berth/controller.sock",
    page: { host: "127.0.0.1", port: 8420 },
    agents: { host: "::", port: 8421 },
    registryMirror: null,
    registryMirrorCaFile: null,
  });
  expect(serveOptions({ ...input, page: "unix:/run/page.sock", state: "state" })).toMatchObject({
    page: { socket: "/run/page.sock" },
    stateDirectory: `${process.cwd()}/state`,
  });
});

test("the service runs this program with the same options", () => {
  const options = serveOptions({ ...input, registryMirror: "10.0.6.1:5000", registryMirrorCa: "/etc/berth/ca.pem" });
  expect(serviceCommand(options).slice(2)).toEqual([
    ...[
      "serve",
      "--state",
      "/var/lib/berth",
      "--configuration",
      "/etc/berth",
      "--socket",
      "/run/berth/controller.sock",
    ],
    ...["--page", "127.0.0.1:8420", "--agents", "[::]:8421"],
    ...["--registry-mirror", "10.0.6.1:5000", "--registry-mirror-ca", "/etc/berth/ca.pem"],
  ]);
});

test.each([["nonsense"], ["1.2.3.4:99999"], ["host:"]])("--agents %s is refused", async (agents) => {
  expect((await runInTest(["serve", "--agents", agents])).exitCode).toBe(2);
});

test("--install and --uninstall exclude each other", async () => {
  expect((await runInTest(["serve", "--install", "--uninstall"])).stderr).toContain("exclude each other");
});
