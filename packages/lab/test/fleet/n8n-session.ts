/**
 * A program for the lab's network: logs into n8n as its owner, makes a workflow and a credential if it is asked to, and
 * tells which there are, the credentials decrypted. All on stdin.
 */
import { text } from "node:stream/consumers";
import * as z from "zod";

const requestSchema = z.object({
  url: z.string(),
  password: z.string(),
  /** What the new ones are called; null: none are made. */
  make: z.string().nullable(),
});
const { url, password, make } = requestSchema.parse(JSON.parse(await text(process.stdin)));

const login = await fetch(`${url}/rest/login`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ emailOrLdapLoginId: "admin@berth.internal", password }),
  signal: AbortSignal.timeout(30_000),
});
if (!login.ok) throw new Error(`n8n lets nobody in: ${login.status} ${await login.text()}`);
const cookie = login.headers
  .getSetCookie()
  .map((line) => line.split(";")[0])
  .join("; ");

async function ask(method: "GET" | "POST", path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${url}/rest${path}`, {
    method,
    headers: { cookie, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`${method} ${path} is answered ${response.status} ${await response.text()}`);
  return z.object({ data: z.unknown() }).parse(await response.json()).data;
}

if (make !== null) {
  const parameters = { assignments: { assignments: [{ id: "1", name: "mark", value: make, type: "string" }] } };
  const nodes = [
    { id: "a", name: "Start", type: "n8n-nodes-base.manualTrigger", typeVersion: 1, position: [0, 0], parameters: {} },
    { id: "b", name: "Set", type: "n8n-nodes-base.set", typeVersion: 3.4, position: [200, 0], parameters },
  ];
  const connections = { Start: { main: [[{ node: "Set", type: "main", index: 0 }]] } };
  await ask("POST", "/workflows", { name: make, nodes, connections, settings: {} });
  const data = { user: `user of ${make}`, password: "s3cret" };
  await ask("POST", "/credentials", { name: make, type: "httpBasicAuth", data });
}

const listSchema = z.array(z.object({ id: z.string(), name: z.string() }));
const workflows = listSchema.parse(await ask("GET", "/workflows"));
const marks = workflows.map(async ({ id, name }) => {
  const workflow = z.object({ nodes: z.array(z.unknown()) }).parse(await ask("GET", `/workflows/${id}`));
  return [name, JSON.stringify(workflow.nodes).includes(`"value":${JSON.stringify(name)}`)] as const;
});
const credentials = listSchema.parse(await ask("GET", "/credentials"));
const users = credentials.map(async ({ id, name }) => {
  const decrypted = await ask("GET", `/credentials/${id}?includeData=true`);
  return [name, z.object({ data: z.object({ user: z.string() }) }).parse(decrypted).data.user] as const;
});
process.stdout.write(
  JSON.stringify({
    workflows: Object.fromEntries(await Promise.all(marks)),
    credentials: Object.fromEntries(await Promise.all(users)),
  }),
);
