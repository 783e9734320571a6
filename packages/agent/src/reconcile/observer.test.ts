import { afterEach, beforeEach, expect, it } from "vitest";
import { Journal } from "../journal/journal.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";
import { Observer } from "./observer.ts";

const digest = `sha256:${"a".repeat(64)}`;
const pinned = `test/web:1@${digest}`;

let engine: FakeEngine;
let journal: Journal;
let observer: Observer;

beforeEach(async () => {
  engine = new FakeEngine();
  engine.images.set(pinned, "sha256:1");
  engine.digests.set(pinned, [digest]);
  journal = new Journal(":memory:");
  const spec = instanceSpec({ containers: [containerSpec({ image: pinned })] });
  journal.desired.set(spec);
  const [container] = spec.containers;
  if (container === undefined) throw new Error("The specification has no container");
  await engine.createContainer(spec, container, container.name);
  observer = new Observer(
    engine,
    journal,
    { stateOf: () => "healthy" },
    {
      isWorkedOn: () => false,
      isAnsweredFor: () => false,
    },
  );
});
afterEach(() => {
  journal.close();
});

it("tells an image that has no tag by its digest, as Docker and as specifications write it", async () => {
  const { images, instances } = await observer.observe();
  expect(images).toEqual([`docker.io/test/web@${digest}`, `test/web@${digest}`]);
  expect(instances[0]?.containers[0]?.digests).toEqual([`docker.io/test/web@${digest}`]);
});

it("tells by what registries know an image of one instance too, once it has seen the list", async () => {
  const alone = async () => (await observer.observeInstance("user1-web"))?.containers[0];
  expect(await alone()).not.toHaveProperty("digests");
  await observer.observe();
  expect((await alone())?.digests).toEqual([`docker.io/test/web@${digest}`]);
});
