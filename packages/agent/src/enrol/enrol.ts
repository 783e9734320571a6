/** Enrolment: a join token buys a certificate for a key that was made here. */
import { BerthError } from "@berth/shared/errors";
import { enrolPath, enrolResponseSchema, joinTokenSchema, parseJoinToken } from "@berth/shared/protocol/enrolment";
import type { AgentConfig } from "../config.ts";
import { makePrivateDirectory } from "../files.ts";
import { readIdentity, writeIdentity } from "./identity.ts";
import { forgetPendingKey, pendingRequest } from "./pending-key.ts";
import { postJson } from "./post.ts";
import { checkIssued, fetchPinnedCa } from "./trust.ts";

export interface EnrolOptions {
  controller: string;
  token: string;
}

export interface Enrolled {
  node: string;
  controller: string;
  /** False: this node was enrolled with this controller before. */
  isNew: boolean;
}

/** Idempotent: an interrupted enrolment goes on with the key it made. */
export async function enrol(config: AgentConfig, options: EnrolOptions): Promise<Enrolled> {
  const controller = controllerUrl(options.controller);
  const known = await readIdentity(config);
  if (known !== null) {
    if (known.controller === controller.origin) return { node: known.node, controller: known.controller, isNew: false };
    throw new BerthError("conflict", `This node is enrolled as ${known.node} with ${known.controller}.`, {
      hint: `Remove ${config.stateDirectory} first if it is to change its controller.`,
    });
  }
  const token = joinTokenSchema.safeParse(options.token.trim());
  if (!token.success) {
    throw new BerthError("token.invalid", "This is not a join token.", { hint: "Make one: berth node token." });
  }
  await makePrivateDirectory(config.stateDirectory);
  const ca = await fetchPinnedCa(controller, parseJoinToken(token.data).caFingerprint);
  const { key, csr } = await pendingRequest(config);
  const answer = await postJson(new URL(enrolPath, controller), ca, { token: token.data, csr });
  const { node, certificate } = enrolResponseSchema.parse(answer);
  checkIssued(certificate, key, ca);
  await writeIdentity(config, { node, controller: controller.origin, ca, certificate, key });
  await forgetPendingKey(config);
  return { node, controller: controller.origin, isNew: true };
}

function controllerUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "https:") {
    throw new BerthError("request.invalid", `${text} is not the address of a controller.`, {
      hint: "It looks like https://10.0.6.1:8443.",
    });
  }
  return url;
}
