import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const environment = { MINIO_ROOT_USER: "root", MINIO_ROOT_PASSWORD: "long enough" };

test("reads what Berth sets, in any order", () => {
  expect(readSettings(["server", "/data", "--address", ":9000", "--console-address", ":9001"], environment)).toEqual({
    dataDirectory: "/data",
    port: 9000,
    consolePort: 9001,
    rootUser: "root",
    rootPassword: "long enough",
  });
  expect(readSettings(["server", "--address", "127.0.0.1:80", "/data"], environment)).toMatchObject({
    host: "127.0.0.1",
    port: 80,
  });
});

test("has MinIO's own name and password without them", () => {
  expect(readSettings(["server", "/data"], {})).toMatchObject({ rootUser: "minioadmin", rootPassword: "minioadmin" });
});

test.each([
  [["gateway", "/data"], environment, "Start it as: server"],
  [["server"], environment, "Start it as: server"],
  [["server", "/a", "/b"], environment, "Start it as: server"],
  [["server", "/data", "--address", "9000"], environment, "--address must be an address"],
  [["server", "/data"], { ...environment, MINIO_ROOT_USER: "ab" }, "MINIO_ROOT_USER"],
  [["server", "/data"], { ...environment, MINIO_ROOT_PASSWORD: "hunter2" }, "MINIO_ROOT_PASSWORD"],
])("refuses %j with %j, without showing a secret", (args, env, message) => {
  expect(() => readSettings(args, env)).toThrow(message);
  expect(() => readSettings(args, env)).not.toThrow("hunter2");
});
