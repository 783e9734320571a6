import { expect, test } from "vitest";
import { childText, document, element, optional, parse } from "./xml.ts";

test("writes text so that it is read back as it was", () => {
  const key = `a & b <c> "d" 'e' \r\n\té`;
  const read = parse(
    document("Result", element("Key", key), optional("Marker", undefined), element("IsTruncated", false)),
  );
  expect(read).toMatchObject({ name: "Result", children: [{ name: "Key" }, { name: "IsTruncated", text: "false" }] });
  expect(read === undefined ? undefined : childText(read, "Key")).toBe(key);
});

test("reads what clients send", () => {
  const source = `<?xml version="1.0"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>
    <Object><Key>one&#x2F;two &amp; three</Key><VersionId/></Object></Delete>`;
  const read = parse(source);
  const [, object] = read?.children ?? [];
  expect(object === undefined ? undefined : childText(object, "Key")).toBe("one/two & three");
  expect(object === undefined ? undefined : childText(object, "VersionId")).toBe("");
});

test.each([
  ["nothing", ""],
  ["text", "text"],
  ["an open element", "<a><b></b>"],
  ["elements that cross", "<a><b></a></b>"],
  ["two roots", "<a/><b/>"],
  ["a document type", `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`],
  ["more elements than anybody needs", `<a>${"<b/>".repeat(20_001)}</a>`],
])("does not read %s", (_, source) => {
  expect(parse(source)).toBeUndefined();
});
