import { Secret } from "@berth/shared/secret";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listTags, resolveImage } from "./registry.ts";
import { account, type DebianRegistry, repository, startDebianRegistry, tags } from "./testing/debian-registry.ts";

let registry: DebianRegistry;
beforeAll(async () => {
  registry = await startDebianRegistry();
});
afterAll(() => registry[Symbol.asyncDispose]());

const image = (version: string) => `docker.io/${repository}:${version}`;
const asking = () => ({ mirror: registry.address, ca: registry.ca });

test("an image that exists has the digest of its index, by tag and by that digest", async () => {
  const { digest } = registry;
  // Of a reference with both, the digest counts, as it does for Docker.
  const both = ["1.0", "9.9"].map((tag) => `${image(tag)}@${digest}`);
  for (const reference of [image("1.0"), image("1.1"), `docker.io/${repository}@${digest}`, ...both]) {
    expect(await resolveImage(reference, asking())).toEqual({ digest });
  }
});

test("an image is missing for its tag, its digest or its repository", async () => {
  const reason = async (reference: string) => {
    const found = await resolveImage(reference, asking());
    return "missing" in found ? found.reason : found;
  };
  const none = `sha256:${"0".repeat(64)}`;
  expect(await reason(image("9.9"))).toBe(`${registry.address} has no tag '9.9' of '${repository}'`);
  expect(await reason(`docker.io/${repository}@${none}`)).toBe(
    `${registry.address} has no digest '${none}' of '${repository}'`,
  );
  // It tells no repository from a tag that it lacks, unless tags are asked for.
  expect(await reason("docker.io/berth/exemple:1.0")).toMatch(/ has no .*'berth\/exemple'$/);
});

test("tags are listed, and of a repository that is not there it is said", async () => {
  expect((await listTags(image("9.9"), asking())).toSorted()).toEqual(tags);
  await expect(listTags("docker.io/berth/exemple", asking())).rejects.toMatchObject({
    code: "not-found",
    message: `${registry.address} has no image 'berth/exemple'`,
  });
});

test("a registry that demands a password tells those who know it, and of the others that it asks for one", async () => {
  await registry.demandPassword();
  const { user, password } = account;
  const known = { ...asking(), credentials: { user, password: new Secret(password) } };
  expect(await resolveImage(image("1.0"), known)).toEqual({ digest: registry.digest });
  expect(await listTags(image("1.0"), known)).toHaveLength(tags.length);
  await expect(resolveImage(image("1.0"), asking())).rejects.toThrow(
    `The registry ${registry.address} answers only those who have a user and a password there`,
  );
  const wrong = { ...known, credentials: { user, password: new Secret("wrong password") } };
  const refusal = await resolveImage(image("1.0"), wrong).catch((error: unknown) => error);
  expect(refusal).toMatchObject({
    code: "image.unavailable",
    message: expect.stringContaining("does not take the user"),
  });
  expect(JSON.stringify(refusal)).not.toContain("wrong password");
});
