import * as z from "zod";
import { nameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/** Makes an image present on the node, before anything that runs is touched. */
export const imageEnsure = defineOperation({
  kind: "image.ensure",
  runsOn: "agent",
  deadlineSeconds: 1800,
  input: z.strictObject({
    node: nameSchema,
    image: z.string(),
    digest: z
      .string()
      .optional()
      .describe("sha256:… that the registry had for it when this was planned: each node gets that image, or none"),
    registryCa: z.string().nullable().describe("PEM that Docker on the node must trust for the image's registry"),
  }),
  result: z.object({ pulled: z.boolean(), imageId: z.string() }),
  resource: (input) => `image/${input.image}`,
});
