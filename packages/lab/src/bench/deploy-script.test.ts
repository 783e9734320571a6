import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { type ContainerDetails, quoted, renderDeployScript } from "./deploy-script.ts";

const redis: ContainerDetails = {
  name: "shared-redis",
  service: "redis",
  image: "redis:8",
  env: ["REDIS_PASSWORD=it's $HOME"],
  command: [],
  restartPolicy: "unless-stopped",
  memoryBytes: 1024,
  logOptions: { "max-size": "10m" },
  ports: [{ container: "6379/tcp", host: "6380" }],
  mounts: [{ source: "shared-redis-data", target: "/data" }],
  files: [],
};
const openwebui: ContainerDetails = { ...redis, name: "user1-openwebui", service: "openwebui", env: [], ports: [] };

test("every container is started before the first is waited for", () => {
  const lines = renderDeployScript([redis, openwebui]).split("\n");
  const first = (text: string): number => lines.findIndex((line) => line.includes(text));
  expect(first("'--name' 'user1-openwebui'")).toBeLessThan(first("'exec' 'shared-redis'"));
  expect(lines[first("'--name' 'shared-redis'")]).toBe(
    "'docker' 'run' '--detach' '--name' 'shared-redis' '--restart' 'unless-stopped' '--memory' '1024' '--no-healthcheck' " +
      "'--log-opt' 'max-size=10m' '--publish' '6380:6379/tcp' '--mount' 'type=volume,source=shared-redis-data,target=/data' " +
      "'--env' 'REDIS_PASSWORD=it'\\''s $HOME' 'redis:8' >/dev/null",
  );
  expect(lines[first("http://")]).toContain('"http://$address:8080/health"');
});

test("files are put into a container before it starts", () => {
  const files = [{ path: "/etc/berth/owner.cjs", content: "it's\n" }];
  const lines = renderDeployScript([{ ...redis, files }]).split("\n");
  const begun = lines.findIndex((line) => line.includes("'create'"));
  expect(lines.slice(begun, begun + 7)).toEqual([
    expect.stringMatching(/^'docker' 'create' '--name' 'shared-redis' .*'redis:8' >\/dev\/null$/),
    "files=$(mktemp -d)",
    `mkdir -p "$files"'/etc/berth'`,
    `echo aXQncwo= | base64 -d > "$files"'/etc/berth/owner.cjs'`,
    `tar -C "$files" -c 'etc' | 'docker' 'cp' '-' 'shared-redis:/'`,
    'rm -r "$files"',
    "'docker' 'start' 'shared-redis' >/dev/null",
  ]);
});

test("a shell reads quoted words as they were", () => {
  const words = ["a b", "it's", '$HOME "x"', "`id`", "\\", ""];
  const command = quoted(["printf", "%s\\n", ...words]);
  expect(execFileSync("sh", ["-c", command], { encoding: "utf8" })).toBe(`${words.join("\n")}\n`);
});
