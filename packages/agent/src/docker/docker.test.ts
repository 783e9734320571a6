import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { containerSpec, instanceSpec } from "../testing/specs.ts";
import { containerOptions } from "./container-options.ts";
import { dockerError } from "./errors.ts";
import { lines, parseEvent } from "./events.ts";
import { type Channel, FrameReader } from "./frames.ts";
import { fullReference, registryOf } from "./references.ts";
import { ensureRegistryCa } from "./registry-ca.ts";

describe("containerOptions", () => {
  it("asks Docker for exactly this", () => {
    const spec = instanceSpec({
      containers: [
        containerSpec({
          env: { A: "1", B: "x y" },
          cpus: 1.5,
          user: "1000",
          entrypoint: ["/run.sh"],
          command: ["serve"],
        }),
      ],
    });
    const [container] = spec.containers;
    expect(containerOptions(spec, container ?? containerSpec())).toEqual({
      Image: "test/web:1",
      Entrypoint: ["/run.sh"],
      Cmd: ["serve"],
      User: "1000",
      Env: ["A=1", "B=x y"],
      ExposedPorts: { "80/tcp": {} },
      StopTimeout: 1,
      Healthcheck: { Test: ["NONE"] },
      HostConfig: {
        NetworkMode: "bridge",
        CapDrop: ["NET_RAW"],
        RestartPolicy: { Name: "unless-stopped" },
        Memory: 67_108_864,
        NanoCpus: 1_500_000_000,
        LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
        PortBindings: { "80/tcp": [{ HostPort: "8080" }] },
        Mounts: [
          {
            Type: "volume",
            Source: "user1-web-data",
            Target: "/data",
            VolumeOptions: {
              NoCopy: false,
              Labels: { "berth.instance": "user1-web" },
              DriverConfig: { Name: "local", Options: {} },
            },
          },
        ],
      },
    });
  });
});

describe("FrameReader", () => {
  it("puts frames together again, however they were cut", () => {
    const frame = (channel: number, text: string): Buffer => {
      const header = Buffer.from([channel, 0, 0, 0, 0, 0, 0, text.length]);
      return Buffer.concat([header, Buffer.from(text)]);
    };
    const whole = Buffer.concat([frame(1, "out"), frame(2, "error"), frame(1, "more")]);
    for (let size = 1; size <= whole.length; size += 1) {
      const seen: Record<Channel, string> = { stdout: "", stderr: "" };
      const reader = new FrameReader((channel, data) => {
        seen[channel] += data.toString();
      });
      for (let start = 0; start < whole.length; start += size) reader.write(whole.subarray(start, start + size));
      expect(seen).toEqual({ stdout: "outmore", stderr: "error" });
    }
  });

  it("refuses a stream that is out of step", () => {
    const reader = new FrameReader(() => undefined);
    expect(() => reader.write(Buffer.from("not a frame"))).toThrow("out of step");
  });
});

describe("events", () => {
  it("are lines, however they were cut", async () => {
    async function* chunks(): AsyncGenerator<string> {
      yield* ['{"a":', "1}\n{", "}\n\n", "last"];
    }
    const found: string[] = [];
    for await (const line of lines(chunks())) found.push(line);
    expect(found).toEqual(['{"a":1}', "{}", "last"]);
  });

  it("name container and instance", () => {
    const attributes = { name: "user1-web", "berth.instance": "user1-web", image: "test/web:1" };
    const line = JSON.stringify({ Action: "die", Actor: { ID: "abc", Attributes: attributes }, timeNano: 1.5e18 });
    expect(parseEvent(line)).toEqual({
      action: "die",
      id: "abc",
      name: "user1-web",
      instance: "user1-web",
      at: 1.5e12,
    });
  });
});

describe("references", () => {
  it.each([
    ["redis:8", null, "docker.io/library/redis:8"],
    ["n8nio/n8n:2", null, "docker.io/n8nio/n8n:2"],
    ["10.0.6.1:5000/n8nio/n8n:2", "10.0.6.1:5000", "10.0.6.1:5000/n8nio/n8n:2"],
    ["ghcr.io/open-webui/open-webui:main", "ghcr.io", "ghcr.io/open-webui/open-webui:main"],
    ["localhost/web:1", "localhost", "localhost/web:1"],
  ])("of %s name the registry %s and are %s in full", (reference, registry, full) => {
    expect(registryOf(reference)).toBe(registry);
    expect(fullReference(reference)).toBe(full);
  });
});

describe("ensureRegistryCa", () => {
  it("writes the certificate where Docker looks for it, once", async () => {
    const directory = mkdtempSync(join(tmpdir(), "berth-certs-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    expect(await ensureRegistryCa(directory, "10.0.6.1:5000/web:1", "PEM")).toBe(true);
    expect(readFileSync(join(directory, "10.0.6.1:5000/ca.crt"), "utf8")).toBe("PEM");
    expect(await ensureRegistryCa(directory, "10.0.6.1:5000/web:1", "PEM")).toBe(false);
  });

  it.each(["redis:8", "../etc:1/web:1", "..:1/web:1"])("writes nothing for %s", async (reference) => {
    await expect(ensureRegistryCa("/nonexistent", reference, "PEM")).rejects.toMatchObject({ code: "request.invalid" });
  });
});

describe("dockerError", () => {
  const answered = (message: string, statusCode: number) =>
    Object.assign(new Error(message), { statusCode, json: { message } });

  it.each([
    [Object.assign(new Error("connect"), { code: "ECONNREFUSED" }), "docker.failed", "does not answer (ECONNREFUSED)"],
    [answered("write x: no space left on device", 500), "disk.full", "no space is left"],
    [answered("Bind for 0.0.0.0:80 failed: port is already allocated", 500), "conflict", "port is already allocated"],
    [answered("Conflict. The container name is in use", 409), "conflict", "name is in use"],
    [answered("No such image: web:1", 404), "image.unavailable", "No such image"],
    [Object.assign(new Error("aborted"), { code: "ECONNRESET" }), "docker.failed", "does not answer (ECONNRESET)"],
    [answered("something else", 500), "docker.failed", "Could not start it: something else"],
  ])("knows %s", (error, code, text) => {
    const known = dockerError(error, "start it");
    expect(known.code).toBe(code);
    expect(known.message).toContain(text);
  });
});
