/** What agents and new hosts ask for, at the TLS listener only: enrolment, downloads, the install script. */
import { createReadStream } from "node:fs";
import { enrolPath } from "@berth/shared/protocol/enrolment";
import { BerthError } from "@berth/shared/errors";
import type { FastifyInstance } from "fastify";
import { downloadsPath } from "../provision/install/downloads.ts";
import type { Controller } from "./open-controller.ts";

/** None of these needs an account: enrolment judges the token, and downloads hold no secret. */
export function serveAgents(app: FastifyInstance, { hub, provisioning }: Controller): void {
  app.post(enrolPath, (request) => hub.handleEnrol({ body: request.body, remoteAddress: request.ip }));
  app.get(`${downloadsPath}/*`, async (request, reply) => {
    const download = (await provisioning.downloads()).find(({ path }) => path === request.url);
    if (download === undefined) throw new BerthError("not-found", "There is no such download");
    return reply
      .type("application/octet-stream")
      .header("content-length", download.size)
      .send(createReadStream(download.file));
  });
}
