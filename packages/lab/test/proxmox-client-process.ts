import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { ProxmoxEngine } from "proxmox-api";
import { Agent, fetch } from "undici";
import * as z from "zod";
import { loadLab } from "../src/lab.ts";

/**
 * The npm client `proxmox-api` as a process inside the lab's network: one request per line of standard input,
 * one answer per line of standard output. `node proxmox-client-process.ts LAB token|root`
 */
const requestSchema = z.object({
  method: z.string(),
  path: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

async function makeEngine(labName: string, role: string): Promise<ProxmoxEngine> {
  const { proxmox } = await loadLab(labName);
  const dispatcher = new Agent({ connect: { ca: await readFile(proxmox.caFile, "utf8") } });
  const common = {
    host: proxmox.host,
    port: proxmox.port,
    // The library's own types are those of another undici.
    fetch: ((url: string, options: Parameters<typeof fetch>[1]) => fetch(url, { ...options, dispatcher })) as never,
  };
  if (role === "root") {
    return new ProxmoxEngine({
      ...common,
      username: "root@pam",
      password: await readFile(proxmox.rootPasswordFile, "utf8"),
    });
  }
  const tokenSecret = await readFile(proxmox.tokenSecretFile, "utf8");
  return new ProxmoxEngine({ ...common, tokenID: proxmox.tokenId, tokenSecret });
}

const engine = await makeEngine(process.argv[2] ?? "", process.argv[3] ?? "token");
for await (const line of createInterface({ input: process.stdin })) {
  const { method, path, parameters } = requestSchema.parse(JSON.parse(line));
  const fullPath = `/api2/json${path}`;
  try {
    const data: unknown = await engine.doRequest(method, fullPath, fullPath, parameters);
    process.stdout.write(`${JSON.stringify({ data })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`);
  }
}
