import type { ContainerSpec } from "@berth/shared/operations/instance-spec";
import type { InstanceState } from "@berth/shared/protocol/state";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

describe("an instance of two parts", () => {
  const parts = [
    containerSpec({ image: pinned, ports: [], name: "user1-web" }),
    containerSpec({ image: pinned, ports: [], name: "user1-db" }),
  ];
  const [first, second] = parts as [ContainerSpec, ContainerSpec];
  const spec = instanceSpec({ containers: parts });
  const startedAt = Date.parse("2026-11-24T00:00:00Z");
  let seen: InstanceState | undefined;
  let isWorkedOn: boolean;

  beforeEach(async () => {
    engine = new FakeEngine();
    engine.images.set(pinned, "sha256:1");
    journal.desired.set(spec);
    [seen, isWorkedOn] = ["healthy", true];
    await start(first);
  });

  async function start(part: ContainerSpec): Promise<void> {
    await engine.startContainer(await engine.createContainer(spec, part, part.name));
  }

  async function stateSince(began: number): Promise<InstanceState | undefined> {
    const work = { isWorkedOn: () => isWorkedOn, isAnsweredFor: () => false };
    const looking = new Observer(engine, journal, { stateOf: () => seen }, work, began);
    return (await looking.observeInstance("user1-web"))?.state;
  }

  it("is starting until the last one is made, however well the first one is", async () => {
    expect(await stateSince(startedAt)).toBe("starting");
    await start(second);
    expect(await stateSince(startedAt)).toBe("healthy");
  });

  it("is starting until it is looked at, and unknown only where it ran before the agent did", async () => {
    await start(second);
    [seen, isWorkedOn] = [undefined, false];
    expect(await stateSince(startedAt - 1000)).toBe("starting");
    expect(await stateSince(startedAt + 1000)).toBe("unknown");
  });
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
