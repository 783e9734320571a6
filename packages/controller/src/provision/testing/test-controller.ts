/** As much of a controller as hosts meet: the hub and what they download, at an address of the lab's network. */
import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { toBerthError } from "@berth/shared/errors";
import { enrolPath } from "@berth/shared/protocol/enrolment";
import { pino } from "pino";
import { openAuthority } from "../../agents/authority/authority.ts";
import { createHub } from "../../agents/hub.ts";
import type { Hub } from "../../agents/types.ts";
import { createAgentStore } from "../../inventory/agents.ts";
import { putNode } from "../../inventory/nodes.ts";
import { openInventory } from "../../inventory/open.ts";
import { type Downloads, prepareDownloads } from "../install/downloads.ts";
import { installCommand, installScriptPath, renderInstallScript } from "../install/install-script.ts";
import { serverKeyPin } from "../install/server-key-pin.ts";

export interface TestController extends AsyncDisposable {
  hub: Hub;
  url: string;
  caFingerprint: string;
  downloads: Downloads;
  /** The line to paste on the host that is to be this node. */
  commandFor: (node: string, address: string) => Promise<string>;
  /** Makes the node known, as `apply` does. */
  addNode: (node: string, address: string) => Promise<void>;
}

export const testVersion = "0.1.0";

export async function startTestController(options: {
  directory: string;
  agentBundle: string;
  address: string;
  port: number;
}): Promise<TestController> {
  const { directory, address, port } = options;
  const url = `https://${address}:${port}`;
  const authority = await openAuthority({ directory: join(directory, "authority") });
  const inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  const logger = pino({ level: "silent" });
  const hub = await createHub({ store: createAgentStore(inventory), authority, version: testVersion, logger });
  const downloads = await prepareDownloads({
    directory: join(directory, "downloads"),
    agentBundle: options.agentBundle,
    version: testVersion,
  });
  const script = () => renderInstallScript({ controllerUrl: url, caPem: authority.caPem, downloads });
  const { key, certificate } = await authority.issueServerCertificate([address]);
  const server = createServer(
    {
      key,
      cert: certificate,
      ca: authority.caPem,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: "TLSv1.3",
    },
    (request, response) => {
      answer({ hub, downloads, script }, request, response).catch((error: unknown) => {
        response.writeHead(400, { "content-type": "application/json" });
        response.end(JSON.stringify({ error: toBerthError(error).toBody() }));
      });
    },
  );
  server.on("upgrade", (request, socket, head) => hub.handleUpgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  const addNode = (node: string, nodeAddress: string): Promise<void> =>
    putNode(inventory.database, { name: node, address: nodeAddress, proxmox: null });
  return {
    hub,
    url,
    caFingerprint: authority.caFingerprint,
    downloads,
    addNode,
    commandFor: async (node, nodeAddress) => {
      await addNode(node, nodeAddress);
      const { token } = await hub.createJoinToken({ node, validSeconds: 300 });
      return installCommand({ controllerUrl: url, serverKeyPin: serverKeyPin(certificate), joinToken: token });
    },
    [Symbol.asyncDispose]: async () => {
      await hub.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await inventory.close();
    },
  };
}

async function answer(
  parts: { hub: Hub; downloads: Downloads; script: () => Promise<string> },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === "POST" && request.url === enrolPath) {
    const remoteAddress = request.socket.remoteAddress ?? "";
    const enrolled = await parts.hub.handleEnrol({ body: await json(request), remoteAddress });
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(enrolled));
    return;
  }
  if (request.url === installScriptPath) {
    response.end(await parts.script());
    return;
  }
  const download = parts.downloads.list().find(({ path }) => path === request.url);
  if (download === undefined) response.writeHead(404).end();
  else await pipeline(createReadStream(download.file), response);
}
