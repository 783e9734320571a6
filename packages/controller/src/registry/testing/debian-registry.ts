/** Debian's docker-registry on loopback, with an image of two tags in it. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePackages } from "@berth/lab/host/packages";
import { waitFor } from "@berth/lab/host/wait";
import { execa } from "execa";
import { Agent, fetch } from "undici";
import { selfSignedCertificate } from "../../provision/testing/certificate.ts";

export interface DebianRegistry extends AsyncDisposable {
  /** HOST:PORT */
  address: string;
  /** PEM */
  ca: string;
  /** Of the index that both tags lead to. */
  digest: string;
  /** Has the registry ask everybody for a user and a password; it starts anew. */
  demandPassword: () => Promise<void>;
}

/** A published test vector of bcrypt, the only form of passwords that the registry takes. */
export const account = { user: "berth", password: "U*U" };
const passwordFile = `${account.user}:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n`;

export const repository = "berth/example";
export const tags = ["1.0", "1.1"];
const startMilliseconds = 20_000;

export async function startDebianRegistry(): Promise<DebianRegistry> {
  await ensurePackages(["docker-registry"]);
  const directory = await mkdtemp(join(tmpdir(), "berth-registry-"));
  const { certificate, key } = await selfSignedCertificate();
  await mkdir(join(directory, "storage"));
  await writeFile(join(directory, "certificate.pem"), certificate);
  await writeFile(join(directory, "key.pem"), key, { mode: 0o600 });
  await writeFile(join(directory, "passwords"), passwordFile);
  const address = `127.0.0.1:${await freePort()}`;
  const dispatcher = new Agent({ connect: { ca: certificate } });
  let running = await launch({ directory, address, dispatcher, auth: {} });
  const digest = await pushImage(`https://${address}/v2/${repository}`, dispatcher);
  return {
    address,
    ca: certificate,
    digest,
    async demandPassword() {
      await running.stop();
      const auth = { auth: { htpasswd: { realm: "berth", path: join(directory, "passwords") } } };
      running = await launch({ directory, address, dispatcher, auth });
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      await dispatcher.close();
      await rm(directory, { recursive: true });
    },
  };
}

interface Launch {
  directory: string;
  address: string;
  dispatcher: Agent;
  auth: object;
}

async function launch({ directory, address, dispatcher, auth }: Launch): Promise<{ stop: () => Promise<void> }> {
  const config = join(directory, "config.json");
  const http = {
    addr: address,
    tls: { certificate: join(directory, "certificate.pem"), key: join(directory, "key.pem") },
  };
  const storage = { filesystem: { rootdirectory: join(directory, "storage") } };
  await writeFile(config, JSON.stringify({ version: 0.1, log: { level: "error" }, storage, http, ...auth }));
  const child = execa("docker-registry", ["serve", config], {
    // Its traces would go to a collector that nobody runs.
    env: { OTEL_TRACES_EXPORTER: "none" },
    reject: false,
    all: true,
  });
  let output: string | undefined;
  const ended = (async () => {
    output = (await child).all;
  })();
  await waitFor({
    what: `docker-registry at ${address}`,
    deadlineMs: startMilliseconds,
    async check() {
      if (output !== undefined) throw new Error(`docker-registry ended: ${output}`);
      const answer = await fetch(`https://${address}/v2/`, { dispatcher }).catch(() => undefined);
      await answer?.body?.cancel();
      return answer === undefined ? undefined : true;
    },
  });
  return {
    async stop() {
      child.kill();
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}

/** An image without layers, and an index with it under both tags; gives the index's digest. */
async function pushImage(base: string, dispatcher: Agent): Promise<string> {
  const put = async (url: string, type: string, body: string): Promise<void> => {
    const answer = await fetch(url, { method: "PUT", headers: { "content-type": type }, body, dispatcher });
    if (answer.status !== 201) throw new Error(`PUT ${url}: ${answer.status} ${await answer.text()}`);
    await answer.body?.cancel();
  };
  const config = JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } });
  const upload = await fetch(`${base}/blobs/uploads/`, { method: "POST", dispatcher });
  await upload.body?.cancel();
  const location = new URL(upload.headers.get("location") ?? "", base);
  location.searchParams.set("digest", digestOf(config));
  await put(location.href, "application/octet-stream", config);

  const manifestType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: manifestType, layers: [] },
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(config), size: config.length },
  });
  await put(`${base}/manifests/${digestOf(manifest)}`, manifestType, manifest);

  const indexType = "application/vnd.oci.image.index.v1+json";
  const platform = { architecture: "amd64", os: "linux" };
  const index = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: indexType },
    manifests: [{ mediaType: manifestType, digest: digestOf(manifest), size: manifest.length, platform }],
  });
  for (const tag of tags) await put(`${base}/manifests/${tag}`, indexType, index);
  return digestOf(index);
}

function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
