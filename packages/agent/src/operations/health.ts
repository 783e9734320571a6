/** One look at whether a container is healthy, as its specification says: an HTTP GET or a command inside it. */
import type { Health } from "@berth/shared/catalog/schema";
import { BerthError, toBerthError } from "@berth/shared/errors";
import { within } from "../deadline.ts";
import type { ContainerDetails, Engine } from "../docker/engine.ts";

/**
 * Not by `import`: the ES module of node:http also exports WebSocket, which loads all of Node's fetch, and each agent
 * would carry it in memory.
 */
const { request } = process.getBuiltinModule("node:http");

/** Null: healthy; otherwise why not, as a phrase. */
export type ProbeResult = string | null;

/** Probes once. Never throws: what cannot be probed is not healthy. */
export async function probe(
  engine: Engine,
  container: Pick<ContainerDetails, "id" | "address">,
  health: Health,
): Promise<ProbeResult> {
  const milliseconds = health.timeoutSeconds * 1000;
  if (health.http !== undefined) {
    if (container.address === null) return "has no address";
    return probeHttp(container.address, health.http.port, health.http.path, milliseconds);
  }
  return probeCommand(engine, container.id, health.command ?? [], milliseconds);
}

/** The container's own address: no proxy of Docker's between, and a port that is not published works too. */
async function probeHttp(host: string, port: number, path: string, milliseconds: number): Promise<ProbeResult> {
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const asking = request({ host, port, path, agent: false, headers: { host: `127.0.0.1:${port}` } }, (response) => {
    const status = response.statusCode ?? 0;
    resolve(status >= 200 && status < 300 ? null : `GET ${path} answers ${status}`);
    response.destroy();
  });
  const timer = setTimeout(() => {
    resolve(`GET ${path} does not answer within ${milliseconds / 1000} s`);
    asking.destroy();
  }, milliseconds);
  asking.on("error", (error) => {
    resolve(`GET ${path} fails: ${error.message}`);
  });
  asking.end();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

async function probeCommand(
  engine: Engine,
  id: string,
  command: readonly string[],
  milliseconds: number,
): Promise<ProbeResult> {
  const what = command[0] ?? "the health command";
  try {
    const signal = AbortSignal.timeout(milliseconds);
    const code = await within(engine.execExitCode(id, command, signal), milliseconds, what);
    return code === 0 ? null : `${what} exits ${code}`;
  } catch (error) {
    // A container that restarts refuses commands; a command that hangs is a failure of the container, not of Docker.
    const { code, message } = toBerthError(error, "docker.failed");
    return code === "deadline.exceeded"
      ? `${what} does not end within ${milliseconds / 1000} s`
      : `${what}: ${message}`;
  }
}

/** The error of an instance whose health gate stayed shut. */
export function unhealthyError(name: string, reason: string, log: readonly string[], fate: string): BerthError {
  return healthError(`${name} did not become healthy: ${reason}. ${fate}`, name, log);
}

/** The error of an instance that became healthy and did not stay so. */
export function relapseError(name: string, reason: string, log: readonly string[], fate: string): BerthError {
  return healthError(`${name} did not stay healthy: ${reason}. ${fate}`, name, log);
}

function healthError(message: string, name: string, log: readonly string[]): BerthError {
  const last = log.length === 0 ? "It has logged nothing." : `Its last log lines:\n${log.join("\n")}`;
  return new BerthError("instance.unhealthy", `${message} ${last}`, { hint: `berth logs ${name} shows more.` });
}
