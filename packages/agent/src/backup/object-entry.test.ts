import { expect, it } from "vitest";
import { entryName, keptOf, parseEntryName } from "./object-entry.ts";

it.each(["a", "folder/b c%.txt", "../../etc/passwd", "/rooted", "ends/", "ä\n", "a//b", ""])(
  "escapes the key %j",
  (key) => {
    const entry = { kind: "objects", bucket: "user1-files", key } as const;
    const name = entryName(entry);
    expect(name.split("/")).toHaveLength(3);
    expect(parseEntryName(name)).toEqual(entry);
  },
);

it.each(["objects", "objects/bucket", "objects//key", "others/bucket/key", "objects/b/c/d"])("refuses %s", (name) => {
  expect(() => parseEntryName(name)).toThrow("no object");
});

it("keeps what a client has given an object, and nothing that the store makes", () => {
  const given = { "content-type": "text/html", "x-amz-meta-by": "somebody", "cache-control": "no-store" };
  expect(keptOf({ ...given, etag: '"1"', date: "today", "content-length": "3", "x-amz-request-id": "1" })).toEqual(
    given,
  );
});
