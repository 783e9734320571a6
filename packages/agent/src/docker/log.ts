/** A container's log as Docker gives it. */
import { Readable } from "node:stream";
import type Dockerode from "dockerode";
import type { LogOptions } from "./engine.ts";

/** As a stream in any case: dockerode's own logs() collects all of one in memory that is not followed. */
export function openLog(docker: Dockerode, id: string, options: LogOptions): Promise<Readable> {
  const { follow, tail, since, timestamps, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Readable>();
  const request = {
    path: `/containers/${id}/logs?`,
    method: "GET",
    isStream: true,
    abortSignal: signal,
    statusCodes: { 200: true, 404: "no such container", 500: "server error" },
    options: {
      ...{ stdout: true, stderr: true, follow, timestamps },
      ...(tail === undefined ? {} : { tail }),
      ...(since === undefined ? {} : { since: secondsOf(since) }),
    },
  };
  docker.modem.dial(request, (error, answer) => {
    if (answer instanceof Readable) resolve(answer);
    else reject(error ?? new Error("Docker answered without a log"));
  });
  return promise;
}

/** Seconds since the epoch with nine digits after the point: no number of JavaScript holds them. */
function secondsOf(timestamp: string): string {
  const [seconds = "", fraction = ""] = timestamp.replace("Z", "").split(".");
  return `${Date.parse(`${seconds}Z`) / 1000}.${fraction.padEnd(9, "0")}`;
}
