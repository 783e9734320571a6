/** Against real servers of each kind on this machine. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { alertReceiverSchema } from "@berth/shared/fleet/alert-receivers";
import { Secret } from "@berth/shared/secret";
import { SMTPServer } from "smtp-server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openAuthority } from "../../agents/authority/authority.ts";
import type { AlertMessage } from "../messages.ts";
import { sendMessage } from "./send.ts";

const message: AlertMessage = {
  ...{ id: "7e9c", at: Date.parse("2026-11-30T01:20:00Z"), fleet: "valuechain", url: "https://10.0.6.1:8421/alerts" },
  test: false,
  alerts: [
    {
      ...{ id: "a", key: "node-gone/user1", rule: "node-gone", severity: "critical", value: null, repeated: false },
      ...{ labels: { node: "user1", tenant: "user1" }, summary: "The agent of user1 is not connected" },
      ...{ description: "The node is off & <cut off>.", status: "firing" },
      ...{ startsAt: Date.parse("2026-11-30T01:18:00Z"), endsAt: null },
    },
    {
      ...{ id: "b", key: "drift/user2-n8n", rule: "drift", severity: "warning", value: 1, repeated: false },
      ...{ labels: { node: "user2", tenant: "user2" }, summary: "user2-n8n is as it should be", description: "" },
      ...{ status: "resolved", startsAt: 0, endsAt: Date.parse("2026-11-30T01:19:00Z") },
    },
  ],
};

interface Asked {
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

let asked: Asked[];
let answer: { status: number; body: string };
let base: string;
const server = createServer((request, response) => {
  void answerTo(request, response);
});

async function answerTo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  asked.push({ url: request.url, headers: request.headers, body: await text(request) });
  response.writeHead(answer.status).end(answer.body.replace("$URL", request.url ?? ""));
}

beforeEach(async () => {
  [asked, answer] = [[], { status: 200, body: "ok" }];
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

function send(settings: object, secret: string | null, milliseconds = 2000, directory = "/nonexistent") {
  const secrets = {
    version: () => (secret === null ? null : 1),
    reveal: () => new Secret(secret ?? ""),
    redact: (line: string) => line,
  };
  const dependencies = { secrets, configurationDirectory: directory, milliseconds };
  return sendMessage("ops", alertReceiverSchema.parse(settings), message, dependencies);
}

const sent = (): unknown => JSON.parse(asked[0]?.body ?? "null");

test("a webhook gets what Alertmanager sends", async () => {
  expect(await send({ webhook: {} }, `http://anna:s3cr3t-key@${base}/hooks/berth?t=1`)).toBe("200 OK: ok");
  expect(asked[0]?.url).toBe("/hooks/berth?t=1");
  expect(asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from("anna:s3cr3t-key").toString("base64")}`);
  expect(sent()).toMatchObject({
    ...{ version: "4", status: "firing", receiver: "ops", truncatedAlerts: 0, commonLabels: { fleet: "valuechain" } },
    alerts: [
      {
        ...{ status: "firing", startsAt: "2026-11-30T01:18:00.000Z", endsAt: "0001-01-01T00:00:00Z" },
        labels: { alertname: "node-gone", severity: "critical", node: "user1", tenant: "user1" },
        annotations: { summary: "The agent of user1 is not connected" },
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
      { status: "resolved", endsAt: "2026-11-30T01:19:00.000Z" },
    ],
  });
});

test("ntfy gets a title, a priority and its token", async () => {
  await send({ ntfy: {} }, `http://:tk_0123456789@${base}/berth-alerts`);
  expect(asked[0]).toMatchObject({ url: "/", headers: { authorization: "Bearer tk_0123456789" } });
  expect(sent()).toMatchObject({
    ...{ topic: "berth-alerts", priority: 5, tags: ["rotating_light"], click: message.url },
    title: "valuechain: 1 alert, 1 over: The agent of user1 is not connected (and 1 more)",
    message: expect.stringMatching(/^Critical: The agent of user1 is not connected\n {2}The node is off/),
  });
});

test("Slack gets text in which nothing is taken for markup", async () => {
  await send({ slack: {} }, `http://${base}/services/T000/B000/XXXXXXXX`);
  expect(sent()).toEqual({ text: expect.stringContaining("The node is off &amp; &lt;cut off&gt;.") });
});

test("Telegram gets it at the bot's address", async () => {
  await send({ telegram: { chat: -1001, server: `http://${base}` } }, "123456:AAbbCCddEE");
  expect(asked[0]?.url).toBe("/bot123456:AAbbCCddEE/sendMessage");
  expect(sent()).toMatchObject({ chat_id: -1001, text: expect.stringContaining("Over: user2-n8n is as it should be") });
});

describe("what goes wrong is told without what is secret", () => {
  const path = "services/T000/B000/tokentokentoken";
  const failure = (settings: object, secret: string, milliseconds?: number) =>
    send(settings, secret, milliseconds).then(
      () => "sent",
      (error: unknown) => (error instanceof Error ? `${error.message} ${String(error.cause)}` : "?"),
    );

  test("an answer that repeats the address", async () => {
    answer = { status: 404, body: "Cannot POST $URL" };
    const told = await failure({ slack: {} }, `http://${base}/${path}`);
    expect(told).toMatch(/^127\.0\.0\.1:\d+ answered 404 Not Found: Cannot POST \[REDACTED\]/);
    expect(told).not.toContain("tokentoken");
  });

  test("nobody who listens, and a redirect", async () => {
    answer = { status: 302, body: "" };
    expect(await failure({ slack: {} }, `http://${base}/${path}`)).toMatch(/answered 302/);
    const told = await failure({ slack: {} }, `http://127.0.0.1:1/${path}`);
    expect(told).toMatch(/^127\.0\.0\.1:1 cannot be reached: /);
    expect(told).not.toContain("tokentoken");
  });

  test("ntfy's topic, which lets one read and is in what it answers", async () => {
    answer = { status: 200, body: '{"id":"x","event":"message","topic":"berth-Zq8secret","title":"valuechain"}' };
    const told = await send({ ntfy: {} }, `http://${base}/berth-Zq8secret`);
    expect(told).toBe('200 OK: {"id":"x","event":"message","topic":"[REDACTED]","title":"valuechain"}');
    answer = { status: 403, body: "berth topic/Zq8 is not for you" };
    expect(await failure({ ntfy: {} }, `http://${base}/berth%20topic%2FZq8`)).toMatch(/: \[REDACTED\] is not for you/);
  });

  test.each(["http://anna:50%25-or-50%@$BASE/topic", "http://$BASE/berth-100%"])(
    "a %% that stands for nothing: %s",
    async (secret) => {
      await expect(send({ ntfy: {} }, secret.replace("$BASE", base))).rejects.toMatchObject({
        ...{ code: "request.invalid", message: "The secret alerts/ops has a % in it that stands for nothing" },
        hint: expect.stringContaining("%25"),
      });
      expect(asked).toEqual([]);
    },
  );

  test("a bot's token", async () => {
    answer = { status: 401, body: '{"ok":false,"description":"Unauthorized"}' };
    const told = await failure({ telegram: { chat: 1, server: `http://${base}` } }, "123456:AAbbCCddEE");
    expect(told).toMatch(/answered 401 Unauthorized: \{"ok":false/);
    expect(told).not.toContain("AAbb");
  });

  test("a secret that is no URL, or is missing", async () => {
    expect(await failure({ webhook: {} }, "hooks.example.org/secretsecret")).not.toContain("secretsecret");
    await expect(send({ webhook: {} }, null)).rejects.toMatchObject({
      message: "The secret alerts/ops is not set",
      hint: "`berth secret set alerts/ops`",
    });
  });
});

test("one that does not answer is not waited for", async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as AddressInfo;
  await expect(send({ webhook: {} }, `http://127.0.0.1:${port}/`, 200)).rejects.toThrow("did not answer within 0.2 s");
  silent.closeAllConnections();
  silent.close();
});

test("an own CA is trusted where the fleet file names it, and nowhere else", async () => {
  const directory = await mkdtemp(join(tmpdir(), "berth-receivers-"));
  const authority = await openAuthority({ directory: join(directory, "authority") });
  const { certificate: cert, key } = await authority.issueServerCertificate(["localhost"]);
  await writeFile(join(directory, "ca.pem"), authority.caPem);
  const taken: string[] = [];
  const https = createSecureServer({ cert, key }, (_, response) => {
    taken.push("webhook");
    response.end();
  });
  await new Promise<void>((resolve) => https.listen(0, resolve));
  const smtp = new SMTPServer({
    ...{ cert, key, authOptional: true, logger: false },
    onData(stream, session, callback) {
      taken.push(`mail${session.secure ? " by TLS" : ""}`);
      stream.resume().on("end", () => callback());
    },
  });
  smtp.on("error", () => undefined);
  const listening = smtp.listen(0, "localhost");
  await once(listening, "listening");
  const ports = [https.address() as AddressInfo, listening.address() as AddressInfo].map(({ port }) => port);
  const url = `https://localhost:${ports[0]}/hook`;
  const email = { host: "localhost", port: ports[1], from: "berth@example.org", to: ["ops@example.org"] };

  await expect(send({ webhook: {} }, url)).rejects.toThrow(/certificate/);
  await expect(send({ email }, null)).rejects.toThrow(/certificate/);
  expect(taken).toEqual([]);
  await send({ webhook: { caFile: "ca.pem" } }, url, 2000, directory);
  await send({ email: { ...email, caFile: "ca.pem" } }, null, 2000, directory);
  expect(taken).toEqual(["webhook", "mail by TLS"]);
  await expect(send({ webhook: { caFile: "other.pem" } }, url, 2000, directory)).rejects.toThrow(/cannot be read from/);
  https.close();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
  await rm(directory, { recursive: true });
});

describe("mail", () => {
  const mails: { from: string; to: string[]; data: string; user: string | undefined }[] = [];
  let refusal: Error | null = null;
  const mailServer = () =>
    new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      logger: false,
      onAuth: ({ username, password }, _session, callback) =>
        password === "mail-password"
          ? callback(null, { user: username ?? "" })
          : callback(new Error("Invalid username or password")),
      onData(stream, session, callback) {
        const { mailFrom, rcptTo } = session.envelope;
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
        stream.on("end", () => {
          const [from, to] = [mailFrom === false ? "" : mailFrom.address, rcptTo.map(({ address }) => address)];
          mails.push({ from, to, data: Buffer.concat(chunks).toString(), user: session.user });
          callback(refusal);
        });
      },
    });
  let port: number;
  let smtp: SMTPServer;
  const settings = (changes: object = {}) => ({
    email: { host: "127.0.0.1", port, tls: "none", from: "berth@example.org", to: ["ops@example.org"], ...changes },
  });

  beforeEach(async () => {
    mails.length = 0;
    refusal = null;
    smtp = mailServer();
    // A client that turns away in the middle is no failure of the server.
    smtp.on("error", () => undefined);
    port = await new Promise((resolve) => {
      const listening = smtp.listen(0, "127.0.0.1", () => resolve((listening.address() as AddressInfo).port));
    });
  });
  afterEach(() => new Promise<void>((resolve) => smtp.close(() => resolve())));

  test("arrives with a subject, a text, and an id that stays the same", async () => {
    expect(await send(settings(), null)).toMatch(/^250 /);
    const [mail] = mails;
    expect(mail).toMatchObject({ from: "berth@example.org", to: ["ops@example.org"] });
    expect(mail?.data).toMatch(/^Subject: valuechain: 1 alert, 1 over: The agent of user1/m);
    expect(mail?.data).toMatch(/^Message-ID: <7e9c@valuechain\.berth>/m);
    expect(mail?.data).toMatch(/^Critical: The agent of user1 is not connected/m);
  });

  test("logs in, and says what the server said when it may not, without the password", async () => {
    await send(settings({ user: "berth", tls: "none" }), "mail-password");
    expect(mails[0]?.user).toBe("berth");
    const told = await send(settings({ user: "berth" }), "wrong-password").catch((error: unknown) => String(error));
    expect(told).toMatch(/The mail server 127\.0\.0\.1:\d+ did not take it: Invalid login: 535/);
    expect(told).not.toContain("wrong-password");
  });

  test("a server whose certificate nobody knows is not spoken to", async () => {
    await expect(send(settings({ tls: "starttls" }), null)).rejects.toThrow(/certificate/);
    expect(mails).toEqual([]);
  });

  test("one that refuses it", async () => {
    refusal = new Error("mailbox is full");
    await expect(send(settings(), null)).rejects.toThrow(/did not take it: .*mailbox is full/);
  });
});
