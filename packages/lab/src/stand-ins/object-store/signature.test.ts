/** The examples that AWS publishes: Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)". */
import { describe, expect, test } from "vitest";
import { createChecksum } from "./checksums.ts";
import { decodeChunks } from "./chunks.ts";
import { emptyHash, readClaim, type SignedRequest, verify } from "./signature.ts";

const secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const credential = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
const date = "20130524T000000Z";
const then = Date.UTC(2013, 4, 24);

interface Example {
  method: string;
  host: string;
  path: string;
  query?: [string, string][];
  /** Those that are signed beside the host. */
  headers: Record<string, string>;
}

function requestOf({ method, host, path, query = [], headers }: Example, signature?: string): SignedRequest {
  const all: Record<string, string> = { host, ...headers };
  const signed = Object.keys(all).toSorted().join(";");
  if (signature !== undefined) {
    all["authorization"] = `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${signed},Signature=${signature}`;
  }
  return { method, rawPath: path, query, header: (name) => all[name] };
}

function check(request: SignedRequest, now = then) {
  const claim = readClaim(request);
  if (claim === undefined) throw new Error("The request is not signed");
  return verify(request, claim, secretKey, now);
}

const host = "examplebucket.s3.amazonaws.com";
const plain = { "x-amz-content-sha256": emptyHash, "x-amz-date": date };

const examples: [string, Example, string][] = [
  [
    "GET Object",
    { method: "GET", host, path: "/test.txt", headers: { range: "bytes=0-9", ...plain } },
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  ],
  [
    "PUT Object",
    {
      ...{ method: "PUT", host, path: "/test%24file.text" },
      headers: {
        date: "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        "x-amz-date": date,
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
      },
    },
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  ],
  [
    "GET Bucket Lifecycle",
    { method: "GET", host, path: "/", query: [["lifecycle", ""]], headers: plain },
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  ],
  [
    "Get Bucket (List Objects)",
    {
      method: "GET",
      host,
      path: "/",
      query: [
        ["max-keys", "2"],
        ["prefix", "J"],
      ],
      headers: plain,
    },
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  ],
];

test.each(examples)("accepts AWS's example: %s", (_, example, signature) => {
  expect(check(requestOf(example, signature))).toMatchObject({ signature });
});

test.each(examples)("refuses it with another method, path, query, header or secret: %s", (_, example, signature) => {
  const changed: Example[] = [
    { ...example, method: "DELETE" },
    { ...example, path: "/other" },
    { ...example, query: [...(example.query ?? []), ["versionId", "1"]] },
    { ...example, host: "other.s3.amazonaws.com" },
    { ...example, headers: { ...example.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } },
  ];
  for (const each of changed) expect(() => check(requestOf(each, signature))).toThrow("signature we calculated");
});

test("refuses a signature of another time or region, or that leaves out the host", () => {
  const [, example, signature] = examples[0] ?? [];
  if (example === undefined) throw new Error("There is no example");
  const request = requestOf(example, signature);
  expect(() => check(request, then + 16 * 60_000)).toThrow("difference between the request time");
  expect(() => check(request, then - 16 * 60_000)).toThrow("difference between the request time");
  const header = (name: string) => request.header(name)?.replace("us-east-1", "eu-west-1");
  expect(() => check({ ...request, header })).toThrow("region is wrong");
  const hostless = (name: string) => request.header(name)?.replace("SignedHeaders=host;", "SignedHeaders=");
  expect(() => check({ ...request, header: hostless })).toThrow("signature we calculated");
});

describe("AWS's example of a presigned URL", () => {
  const query: [string, string][] = [
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", credential],
    ["X-Amz-Date", date],
    ["X-Amz-Expires", "86400"],
    ["X-Amz-SignedHeaders", "host"],
    ["X-Amz-Signature", "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"],
  ];
  const request = requestOf({ method: "GET", host, path: "/test.txt", query, headers: {} });

  test("is accepted within its day", () => {
    expect(check(request, then + 86_399_000)).toMatchObject({ date });
    expect(() => check(request, then + 86_401_000)).toThrow("Request has expired");
    expect(() => check(request, then - 16 * 60_000)).toThrow("not valid yet");
  });

  test("cannot be made to last longer", () => {
    const longer = query.map(([name, value]): [string, string] => [name, name === "X-Amz-Expires" ? "86401" : value]);
    expect(() => check({ ...request, query: longer })).toThrow("signature we calculated");
  });
});

describe("AWS's examples of a body in chunks", () => {
  const headers = {
    "content-encoding": "aws-chunked",
    "x-amz-date": date,
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    "x-amz-decoded-content-length": "66560",
  };
  const path = "/examplebucket/chunkObject.txt";
  const target = { method: "PUT", host: "s3.amazonaws.com", path };

  const seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
  const signed = requestOf(
    {
      ...target,
      headers: {
        ...headers,
        "content-length": "66824",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
      },
    },
    seed,
  );
  const chunkSignatures = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
  ];

  const trailing = requestOf(
    {
      ...target,
      headers: {
        ...headers,
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "x-amz-trailer": "x-amz-checksum-crc32c",
      },
    },
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
  );
  const trailingSignatures = [
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
  ];
  const trailer =
    "x-amz-checksum-crc32c:sOO8/Q==\r\n" +
    "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";

  function bodyOf(signatures: readonly string[], end: string, letter = "a"): Buffer {
    const chunks = [65_536, 1024, 0].map((size, position) => {
      const head = `${size.toString(16)};chunk-signature=${signatures[position]}\r\n`;
      return size === 0 ? head : `${head}${letter.repeat(size)}\r\n`;
    });
    return Buffer.from(chunks.join("") + end);
  }

  /** Split at awkward places, as a network may. */
  async function* inPieces(body: Buffer): AsyncGenerator<Buffer> {
    for (let start = 0; start < body.length; start += 997)
      yield await Promise.resolve(body.subarray(start, start + 997));
  }

  async function decode(request: SignedRequest, body: Buffer, hasTrailers: boolean) {
    const trailers: [string, string][] = [];
    const checksum = createChecksum("x-amz-checksum-crc32c");
    let size = 0;
    const onTrailer = (name: string, value: string) => trailers.push([name, value]);
    for await (const data of decodeChunks(inPieces(body), { signing: check(request), hasTrailers, onTrailer })) {
      size += data.length;
      checksum.update(data);
    }
    return { size, checksum: checksum.digest(), trailers };
  }

  test("each chunk's signature continues the one before", async () => {
    expect(await decode(signed, bodyOf(chunkSignatures, "\r\n"), false)).toMatchObject({ size: 66_560 });
  });

  test("trailing headers are signed as well, and the checksum in them is that of the data", async () => {
    expect(await decode(trailing, bodyOf(trailingSignatures, trailer), true)).toEqual({
      size: 66_560,
      checksum: "sOO8/Q==",
      trailers: [["x-amz-checksum-crc32c", "sOO8/Q=="]],
    });
  });

  test.each<[string, Buffer]>([
    ["other data", bodyOf(chunkSignatures, "\r\n", "b")],
    ["chunks in another order", bodyOf(chunkSignatures.toReversed(), "\r\n")],
    ["unsigned chunks", Buffer.from(`400\r\n${"a".repeat(1024)}\r\n0\r\n\r\n`)],
  ])("refuses %s", async (_, body) => {
    await expect(decode(signed, body, false)).rejects.toThrow("signature we calculated");
  });

  test("refuses a body that ends early", async () => {
    const whole = bodyOf(chunkSignatures, "\r\n");
    await expect(decode(signed, whole.subarray(0, 66_000), false)).rejects.toThrow("number of bytes");
  });

  test("refuses trailing headers that were changed", async () => {
    const changed = bodyOf(trailingSignatures, trailer.replace("sOO8", "AAAA"));
    await expect(decode(trailing, changed, true)).rejects.toThrow("signature we calculated");
  });
});
