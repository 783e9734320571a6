/** What the agent asks of a Docker engine, at one that is only a Unix socket with the answers of the test. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { DockerodeEngine } from "./dockerode-engine.ts";

type Answer = [status: number, body: object];

/** `answer` is asked for each request, "POST /networks/create". */
async function engineThat(answer: (request: string) => Answer): Promise<DockerodeEngine> {
  const directory = await mkdtemp(join(tmpdir(), "berth-engine-"));
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const [status, body] = answer(`${request.method} ${request.url?.split("?")[0]}`);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(join(directory, "docker.sock"), resolve);
  await promise;
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });
  return new DockerodeEngine(join(directory, "docker.sock"));
}

it("lists images with what names them, also those that were pulled by their digest and have no tag", async () => {
  const digest = `n8nio/n8n@sha256:${"a".repeat(64)}`;
  const engine = await engineThat(() => [
    200,
    [
      { Id: "sha256:1", RepoTags: ["redis:8"], RepoDigests: [] },
      { Id: "sha256:2", RepoTags: null, RepoDigests: [digest] },
      { Id: "sha256:3", RepoTags: ["<none>:<none>"], RepoDigests: ["<none>@<none>"] },
    ],
  ]);
  expect(await engine.listImages()).toEqual([
    { id: "sha256:1", tags: ["redis:8"], digests: [] },
    { id: "sha256:2", tags: [], digests: [digest] },
    { id: "sha256:3", tags: [], digests: [] },
  ]);
});

it("makes a network once for all who want it at the same moment", async () => {
  const asked: string[] = [];
  const engine = await engineThat((request) => {
    const isMade = asked.includes("POST /networks/create");
    asked.push(request);
    if (request === "POST /networks/create") return [201, { Id: "1" }];
    return isMade ? [200, { Id: "1" }] : [404, { message: "network berth not found" }];
  });
  await Promise.all([engine.ensureNetwork("berth"), engine.ensureNetwork("berth")]);
  await engine.ensureNetwork("berth");
  expect(asked).toEqual(["GET /networks/berth", "POST /networks/create", "GET /networks/berth"]);
});

it("makes a network at the next attempt when Docker refused it", async () => {
  const answers: Answer[] = [
    [404, {}],
    [500, { message: "no address is left" }],
    [404, {}],
    [201, { Id: "1" }],
  ];
  const engine = await engineThat(() => answers.shift() ?? [500, {}]);
  await expect(engine.ensureNetwork("berth")).rejects.toThrow("no address is left");
  await engine.ensureNetwork("berth");
  expect(answers).toEqual([]);
});

it.each([304, 404])("takes a container for stopped when Docker answers %i", async (status) => {
  const engine = await engineThat(() => [status, {}]);
  await engine.stopContainer("user1-web", 1);
});

it("says why a container does not stop", async () => {
  const engine = await engineThat(() => [500, { message: "permission denied" }]);
  await expect(engine.stopContainer("user1-web", 1)).rejects.toThrow(
    "Could not stop the container user1-web: permission denied",
  );
});
