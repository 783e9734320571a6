import { expect, test } from "vitest";
import { quoteArgument, unitFile } from "./unit.ts";

test.each([
  ["/usr/bin/node", "/usr/bin/node"],
  ["127.0.0.1:8420", "127.0.0.1:8420"],
  ["/srv/my state", '"/srv/my state"'],
  ['a"b\\c', String.raw`"a\"b\\c"`],
  ["100%$HOME", '"100%%$$HOME"'],
])("%s is quoted as systemd reads it", (argument, quoted) => {
  expect(quoteArgument(argument)).toBe(quoted);
});

test("the unit starts the command, may write its state, and little else", () => {
  const unit = unitFile({
    command: ["/usr/bin/node", "/opt/berth.mjs", "serve"],
    stateDirectory: "/var/lib/berth",
    socketDirectories: ["/run/berth", "/srv/page"],
    ports: [8421],
  });
  expect(unit).toContain("\nExecStart=/usr/bin/node /opt/berth.mjs serve\n");
  expect(unit).toContain("\nReadWritePaths=/var/lib/berth /srv/page\n");
  expect(unit).toContain("\nCapabilityBoundingSet=\n");
  expect(unit).toContain("\nProtectSystem=strict\n");
  expect(unit).toContain("\nWantedBy=multi-user.target\n");
});

test("a low port brings the one capability that it needs", () => {
  const options = {
    command: ["/opt/berth"],
    stateDirectory: "/var/lib/berth",
    socketDirectories: [],
    ports: [8420, 443],
  };
  expect(unitFile(options)).toContain("\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n");
});
