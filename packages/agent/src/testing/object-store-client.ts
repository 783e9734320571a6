/** A client of the test's object store, run inside its namespace: ENDPOINT-PORT KEY SECRET, then a verb and its words. */
import { text } from "node:stream/consumers";
import { Client } from "minio";

const [port, accessKey = "", secretKey = "", verb, bucket = "", ...words] = process.argv.slice(2);
const client = new Client({
  endPoint: "127.0.0.1",
  port: Number(port),
  useSSL: false,
  accessKey,
  secretKey,
  region: "us-east-1",
});

const [key = "", content = "", type = "text/plain"] = words;
if (verb === "make") await client.makeBucket(bucket);
if (verb === "put")
  await client.putObject(bucket, key, content, content.length, { "Content-Type": type, "x-amz-meta-by": "test" });
if (verb === "remove") await client.removeObject(bucket, key);
if (verb === "list") {
  const found = [];
  for await (const { name } of client.listObjectsV2(bucket, "", true)) {
    const { metaData } = await client.statObject(bucket, name);
    found.push([name, await text(await client.getObject(bucket, name)), metaData["content-type"], metaData["by"]]);
  }
  process.stdout.write(JSON.stringify(found));
}
