/** What agents and new hosts ask for, at the TLS listener only: enrolment, downloads, the install script. */
import { createReadStream } from "node:fs";
import { enrolPath } from "@berth/shared/protocol/enrolment";
import { BerthError } from "@berth/shared/errors";
import type { FastifyInstance } from "fastify";
import * as z from "zod";
import { downloadsPath } from "../provision/install/downloads.ts";
import { installScriptPath } from "../provision/install/install-script.ts";
import type { Controller } from "./open-controller.ts";

const scriptQuerySchema = z.object({ architecture: z.enum(["amd64", "arm64"]).optional() });

/** None of these needs an account: enrolment judges the token, and downloads hold no secret. */
export function serveAgents(app: FastifyInstance, { hub, provisioning }: Controller): void {
  app.post(enrolPath, (request) => hub.handleEnrol({ body: request.body, remoteAddress: request.ip }));
  app.get(installScriptPath, async (request, reply) => {
    const query = scriptQuerySchema.safeParse(request.query);
    if (!query.success) {
      throw new BerthError("request.invalid", "There is a script for hosts of amd64 and one for arm64");
    }
    return reply.type("text/x-shellscript").send(await provisioning.installScript(query.data.architecture));
  });
  app.get(`${downloadsPath}/*`, async (request, reply) => {
    const download = (await provisioning.downloads()).find(({ path }) => path === request.url);
    if (download === undefined) throw new BerthError("not-found", "There is no such download");
    return reply
      .type("application/octet-stream")
      .header("content-length", download.size)
      .send(createReadStream(download.file));
  });
}
