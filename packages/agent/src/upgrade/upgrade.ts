/** Replaces the agent by another version: downloaded from the controller, verified, tried, and only then made current. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { request } from "node:https";
import { promisify } from "node:util";
import { BerthError } from "@berth/shared/errors";
import type { ControllerMessageOf } from "@berth/shared/protocol/messages";
import type { AgentConfig } from "../config.ts";
import type { Identity } from "../enrol/identity.ts";
import type { Log } from "../log.ts";
import { recordUpgrade } from "./probation.ts";
import { Versions } from "./versions.ts";

const run = promisify(execFile);

const downloadMilliseconds = 120_000;
const trialMilliseconds = 30_000;
const largestBundle = 64 * 1024 * 1024;

/** Afterwards the process must end, so that systemd starts the new version. */
export async function upgrade(
  config: AgentConfig,
  identity: Identity,
  { version, path, sha256 }: ControllerMessageOf<"upgrade">,
  log: Log,
): Promise<void> {
  const versions = new Versions(config.installDirectory);
  const from = await versions.current();
  if (from === null) {
    throw new BerthError("host.unsupported", `${config.installDirectory}/current is no link to an installed version.`, {
      hint: "This agent was installed by other means: upgrade it by those.",
    });
  }
  log.info({ from, to: version }, "upgrading");
  const bundle = await download(new URL(path, identity.controller), identity);
  const found = createHash("sha256").update(bundle).digest("hex");
  if (found !== sha256.toLowerCase()) {
    throw new BerthError("protocol.invalid", `The bundle of version ${version} has another SHA-256 than announced.`);
  }
  await versions.install(version, from, bundle);
  await tryOut(versions.bundleOf(version), version);
  await recordUpgrade(config, from, version);
  await versions.use(version);
}

/** A bundle that cannot even load never becomes current. */
async function tryOut(bundle: string, version: string): Promise<void> {
  const { stdout } = await selfTest(bundle, version);
  if (stdout.trim() !== version) {
    throw new BerthError("protocol.invalid", `The bundle of version ${version} says that it is ${stdout.trim()}.`);
  }
}

async function selfTest(bundle: string, version: string): Promise<{ stdout: string }> {
  try {
    return await run(process.execPath, [bundle, "self-test"], { timeout: trialMilliseconds });
  } catch (error) {
    throw new BerthError("internal", `Version ${version} of the agent does not run on this node.`, {
      hint: "`journalctl --unit berth-agent` there shows what it said. The agent that runs was kept.",
      cause: error,
    });
  }
}

async function download(url: URL, { controller, ca, certificate, key }: Identity): Promise<Buffer> {
  if (url.origin !== controller) throw new BerthError("protocol.invalid", "The bundle is not on the controller.");
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const signal = AbortSignal.timeout(downloadMilliseconds);
  const asking = request(url, { ca, cert: certificate, key, minVersion: "TLSv1.3", signal }, (response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > largestBundle) response.destroy(new Error("the bundle is too large"));
    });
    response.on("error", reject);
    response.on("end", () => {
      if (response.statusCode === 200) resolve(Buffer.concat(chunks));
      else reject(new BerthError("controller.unreachable", `${url.pathname} answers ${response.statusCode ?? 0}.`));
    });
  });
  asking.on("error", reject);
  asking.end();
  return promise;
}
