import { createHash, X509Certificate } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { BerthError } from "@berth/shared/errors";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeKeyAndRequest } from "../testing/certificates.ts";
import { openAuthority } from "./authority.ts";
import { dayMilliseconds } from "./certificates.ts";

const now = Date.parse("2026-11-24T12:00:00Z");
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-authority-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("openAuthority", () => {
  it("makes one authority at the first start and finds it again", async () => {
    const first = await openAuthority({ directory });
    const second = await openAuthority({ directory });
    expect(second.caPem).toBe(first.caPem);
    expect(first.caFingerprint).toBe(createHash("sha256").update(new X509Certificate(first.caPem).raw).digest("hex"));
  });

  it("lets two first starts at the same moment end with the same authority", async () => {
    const opened = await Promise.all([1, 2, 3, 4].map(() => openAuthority({ directory })));
    expect(new Set(opened.map((authority) => authority.caFingerprint)).size).toBe(1);
  });

  it("keeps the key from everybody else, also after somebody opened it up", async () => {
    await openAuthority({ directory });
    const path = join(directory, "authority.pem");
    await chmod(path, 0o644);
    await chmod(directory, 0o755);
    await openAuthority({ directory });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });

  it("says what to do when the file is damaged, and does not replace it", async () => {
    await openAuthority({ directory });
    const path = join(directory, "authority.pem");
    await writeFile(path, "half a file");
    await expect(openAuthority({ directory })).rejects.toThrow(/does not hold a private key/);
    expect(await readFile(path, "utf8")).toBe("half a file");
  });

  it("lives ten years", async () => {
    const { caPem } = await openAuthority({ directory, clock: { now: () => now } });
    const certificate = new X509Certificate(caPem);
    expect(certificate.ca).toBe(true);
    expect(Date.parse(certificate.validTo) - now).toBeGreaterThan(3650 * dayMilliseconds);
  });
});

describe("issueServerCertificate", () => {
  it("names DNS names and addresses, and is kept while it fits", async () => {
    const authority = await openAuthority({ directory });
    const first = await authority.issueServerCertificate(["10.0.6.1", "controller.example", "::1"]);
    const certificate = new X509Certificate(first.certificate);
    expect(certificate.checkIP("10.0.6.1")).toBe("10.0.6.1");
    expect(certificate.checkIP("::1")).toBe("::1");
    expect(certificate.checkHost("controller.example")).toBe("controller.example");
    expect(certificate.verify(new X509Certificate(authority.caPem).publicKey)).toBe(true);
    // A server is given the chain as one text.
    const chain = { cert: `${first.certificate}${authority.caPem}`, key: first.key };
    expect(() => createSecureContext(chain)).not.toThrow();
    const again = await authority.issueServerCertificate(["::1", "controller.example", "10.0.6.1"]);
    expect(again).toEqual(first);
  });

  it("is made anew when the names change", async () => {
    const authority = await openAuthority({ directory });
    const first = await authority.issueServerCertificate(["10.0.6.1"]);
    const second = await authority.issueServerCertificate(["10.0.6.1", "10.0.6.2"]);
    expect(second.certificate).not.toBe(first.certificate);
  });

  it("is made anew when a third of its life is left", async () => {
    let time = now;
    const authority = await openAuthority({ directory, clock: { now: () => time } });
    const first = await authority.issueServerCertificate(["10.0.6.1"]);
    time = now + 200 * dayMilliseconds;
    expect(await authority.issueServerCertificate(["10.0.6.1"])).toEqual(first);
    time = now + 300 * dayMilliseconds;
    expect((await authority.issueServerCertificate(["10.0.6.1"])).notAfter).toBeGreaterThan(first.notAfter);
  });

  it("is made anew when it is another authority's", async () => {
    const first = await (await openAuthority({ directory })).issueServerCertificate(["10.0.6.1"]);
    await rm(join(directory, "authority.pem"));
    const second = await (await openAuthority({ directory })).issueServerCertificate(["10.0.6.1"]);
    expect(second.certificate).not.toBe(first.certificate);
  });
});

describe("issueAgentCertificate", () => {
  it("takes nothing from the request but the public key", async () => {
    const authority = await openAuthority({ directory, clock: { now: () => now } });
    const { csr, publicKey } = await makeKeyAndRequest({ commonName: "somebody-else" });
    const issued = await authority.issueAgentCertificate({ csr, node: "user1" });
    const certificate = new X509Certificate(issued.certificate);
    expect(certificate.subject).toBe("CN=user1");
    expect(certificate.subjectAltName).toBe("URI:berth:node:user1");
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(certificate.ca).toBe(false);
    expect(certificate.publicKey.export({ type: "spki", format: "pem" })).toBe(publicKey);
    expect(certificate.serialNumber.toLowerCase()).toBe(issued.serial);
    expect(certificate.verify(new X509Certificate(authority.caPem).publicKey)).toBe(true);
    expect(Date.parse(certificate.validFrom)).toBe(now - dayMilliseconds);
    expect(Date.parse(certificate.validTo)).toBe(issued.notAfter);
    expect(issued.notAfter).toBe(now + 90 * dayMilliseconds);
  });

  it("gives every certificate a serial of its own", async () => {
    const authority = await openAuthority({ directory });
    const { csr } = await makeKeyAndRequest();
    const issued = await Promise.all([1, 2, 3].map(() => authority.issueAgentCertificate({ csr, node: "user1" })));
    expect(new Set(issued.map(({ serial }) => serial)).size).toBe(3);
  });

  it.each([
    ["text that is no request", async () => "hello"],
    ["a damaged request", async () => damaged((await makeKeyAndRequest()).csr)],
    ["a request signed by another key", async () => (await makeKeyAndRequest({ foreignSignature: true })).csr],
    ["a key on another curve", async () => (await makeKeyAndRequest({ namedCurve: "P-384" })).csr],
  ])("refuses %s", async (_what, makeRequest) => {
    const authority = await openAuthority({ directory });
    const issuing = authority.issueAgentCertificate({ csr: await makeRequest(), node: "user1" });
    await expect(issuing).rejects.toThrow(BerthError);
    await expect(issuing).rejects.toMatchObject({ code: "request.invalid" });
  });
});

/** The same request with one character in its middle changed. */
function damaged(csr: string): string {
  const middle = Math.floor(csr.length / 2);
  const replacement = csr[middle] === "A" ? "B" : "A";
  return csr.slice(0, middle) + replacement + csr.slice(middle + 1);
}
