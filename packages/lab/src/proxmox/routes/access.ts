import * as z from "zod";
import { endpoint } from "../endpoint.ts";
import { enumeration, text } from "../parameters.ts";

const realm = enumeration(["pam"]).optional();

export const accessEndpoints = [
  endpoint({
    method: "POST",
    path: "/access/ticket",
    isPublic: true,
    parameters: z.strictObject({ username: text(), password: text(), realm, "new-format": text().optional() }),
    handle: async (context, parameters) => {
      const username = parameters.username.includes("@") ? parameters.username : `${parameters.username}@pam`;
      const { ticket, csrfToken } = await context.access.login(username, parameters.password);
      return { username, ticket, CSRFPreventionToken: csrfToken, clustername: "lab" };
    },
  }),
  endpoint({
    method: "GET",
    path: "/version",
    parameters: z.strictObject({}),
    handle: async () => ({ version: "9.2.11", release: "9.2", repoid: "6c1b5a9f0d3e8b72" }),
  }),
];
