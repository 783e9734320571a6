/** Images by tag and by digest, from a real registry to a real Docker engine. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { healthSchema } from "@berth/shared/catalog/schema";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { DockerodeEngine } from "../docker/dockerode-engine.ts";
import { startDocker, type TestDocker } from "../testing/docker.ts";
import { makeNamespace, type Namespace } from "../testing/namespace.ts";
import { startRegistry, type TestRegistry } from "../testing/registry.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";
import { imageEnsure } from "./image-ensure.ts";
import { ensureInstance } from "./instance-ensure.ts";
import { untold } from "./phases.ts";

let directory: string;
let namespace: Namespace;
let docker: TestDocker;
let registry: TestRegistry;
let engine: DockerodeEngine;
let image: string;
/** What the tag led to first, and leads to since. */
let former: string;
let present: string;

const context = { signal: new AbortController().signal, progress: () => undefined, phase: untold };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-images-"));
  namespace = await makeNamespace();
  [docker, registry] = await Promise.all([
    startDocker(join(directory, "docker"), namespace),
    startRegistry(join(directory, "registry"), namespace),
  ]);
  engine = new DockerodeEngine(docker.socket);
  engine.presence.onRunning(0);
  image = `${registry.address}/test/web:1`;
  await docker.importImage(image, ["sleep", "1000000"]);
  former = await registry.push(docker.client, image);
  await docker.importImage(image, ["sleep", "2000000"]);
  present = await registry.push(docker.client, image);
});
afterAll(async () => {
  await docker.stop();
  await registry.stop();
  await namespace.remove();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const { Id: id } of await docker.client.listContainers({ all: true })) {
    await docker.client.getContainer(id).remove({ force: true });
  }
  for (const { Id: id } of await docker.client.listImages()) await docker.client.getImage(id).remove({ force: true });
});

function ensure(reference: string, digest?: string) {
  const input = { node: "user1", image: reference, registryCa: null, ...(digest === undefined ? {} : { digest }) };
  return imageEnsure({ engine, registryCertificates: join(directory, "certs.d") })(input, context);
}

it("pulls the image that a version names by its digest, though its tag leads to another, and runs it", async () => {
  const pinned = `${image}@${former}`;
  expect(await ensure(pinned)).toMatchObject({ pulled: true });
  expect(await ensure(pinned)).toMatchObject({ pulled: false });
  const bare = `${registry.address}/test/web@${former}`;
  expect(await engine.listImages()).toEqual([{ id: await engine.imageId(pinned), tags: [], digests: [bare] }]);
  const health = healthSchema.parse({ command: ["sh", "-c", "true"], intervalSeconds: 0.1, startPeriodSeconds: 10 });
  const spec = instanceSpec({ containers: [containerSpec({ image: pinned, ports: [], volumes: [], health })] });
  expect(await ensureInstance(engine, spec, context, { waitForHealth: true })).toMatchObject({ changed: true });
  expect(await ensureInstance(engine, spec, context, { waitForHealth: true })).toMatchObject({ changed: false });
  const [container] = await engine.listContainers();
  expect(container?.imageId).toBe(await engine.imageId(pinned));
});

it("pulls a tag once where it leads to the image that was planned, and anew where the node has a former one", async () => {
  await ensure(`${image}@${former}`);
  await docker.client.getImage(`${registry.address}/test/web@${former}`).tag({ repo: image.slice(0, -2), tag: "1" });
  expect(await ensure(image)).toMatchObject({ pulled: false });
  expect(await engine.imageDigests(image)).toEqual([former]);
  expect(await ensure(image, present)).toMatchObject({ pulled: true });
  expect(await engine.imageDigests(image)).toEqual([present]);
  expect(await ensure(image, present)).toMatchObject({ pulled: false });
});

it("refuses a tag that leads to another image than was planned", async () => {
  await expect(ensure(image, former)).rejects.toMatchObject({
    code: "image.not-found",
    message: `${image} is ${present} to this node, and was ${former} when it was planned.`,
  });
});

it("says that a digest is not there", async () => {
  await expect(ensure(`${image}@sha256:${"0".repeat(64)}`)).rejects.toMatchObject({ code: "image.not-found" });
});
