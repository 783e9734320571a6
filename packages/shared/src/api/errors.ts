import * as z from "zod";
import { errorCatalogue, type ErrorCode } from "../errors.ts";
import { problemSchema } from "../fleet/problem.ts";

const codes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]];

/** Body of every answer that is not 2xx. */
export const errorBodySchema = z.strictObject({
  error: z.strictObject({
    code: z.enum(codes),
    message: z.string(),
    hint: z.string().optional(),
    problems: z.array(problemSchema).optional().describe("Mistakes of a fleet file, with positions"),
  }),
});
export type ErrorBody = z.output<typeof errorBodySchema>;
