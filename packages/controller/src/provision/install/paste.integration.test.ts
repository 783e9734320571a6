/** The pasted line and its downloads, with the host's own curl. */
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { selfSignedCertificate } from "../testing/certificate.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";
import { testDownloads } from "../testing/test-downloads.ts";
import { installCommand, renderInstallScript, uninstallCommand } from "./install-script.ts";
import { serverKeyPin } from "./server-key-pin.ts";

let directory: TemporaryDirectory;
let certificate: string;
let server: Server;
let controllerUrl: string;
let served: string;
let asked: number;

beforeEach(async () => {
  directory = await temporaryDirectory();
  const pair = await selfSignedCertificate();
  certificate = pair.certificate;
  asked = 0;
  server = createServer({ cert: certificate, key: pair.key }, (_request, response) => {
    asked += 1;
    response.end(served);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  controllerUrl = `https://127.0.0.1:${address.port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await directory[Symbol.asyncDispose]();
});

test("a download is verified, and one that was changed on the way is refused", async () => {
  served = "what was promised";
  const downloads = await testDownloads(directory);
  const script = await renderInstallScript({ controllerUrl, caPem: certificate, downloads });
  const sum = (await execa("sha256sum", { input: served })).stdout.split(" ")[0];
  const run = (trust: string) =>
    execa("/bin/sh", ["-s"], {
      input: script.replace(
        'main "$@"',
        `work='${directory.path}'\n${trust}\nfetch /x ${sum} "$work/got"; cat "$work/got"`,
      ),
      reject: false,
    });
  const trustController = 'write_ca >"$work/ca.pem"';
  expect((await run(trustController)).stdout).toBe("what was promised");
  served = "something else";
  expect((await run(trustController)).stderr).toBe("What was sent arrived damaged.");
  await writeFile(`${directory.path}/ca.pem`, (await selfSignedCertificate()).certificate);
  expect((await run(":")).stderr).toMatch(/cannot be downloaded/);
});

test("the line to paste trusts one key alone", async () => {
  served = 'echo "$BERTH_JOIN_TOKEN"';
  const paste = (pin: string) => {
    const command = installCommand({ controllerUrl, serverKeyPin: pin, joinToken: "berth1.a.b.c" });
    return execa("/bin/sh", ["-c", command], { reject: false });
  };
  expect((await paste(serverKeyPin(certificate))).stdout).toBe("berth1.a.b.c");
  const refused = await paste(serverKeyPin((await selfSignedCertificate()).certificate));
  expect([refused.stdout, refused.stderr]).toEqual(["", "curl: (90) SSL: public key does not match pinned public key"]);
  expect(refused.exitCode).toBe(90);
  expect(asked).toBe(1);
});

test("the line to paste ends as the script does, and hands over the node's address", async () => {
  served = 'echo "$BERTH_NODE_ADDRESS 100 % \\\\n"; exit 70';
  const pin = serverKeyPin(certificate);
  const options = { controllerUrl, serverKeyPin: pin, joinToken: "berth1.a.b.c", nodeAddress: "10.0.6.14" };
  const { stdout, exitCode } = await execa("/bin/sh", ["-c", installCommand(options)], { reject: false });
  expect([stdout.slice(0, 15), exitCode]).toEqual(["10.0.6.14 100 %", 70]);
  served = 'echo "$1"';
  expect((await execa("/bin/sh", ["-c", uninstallCommand(options)])).stdout).toBe("--uninstall");
});
