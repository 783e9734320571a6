import * as z from "zod";

/** One mistake in a fleet file, with where it is. Lines and columns count from 1. */
export const problemSchema = z.strictObject({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  path: z.string().describe("nodes.user1.address"),
  message: z.string().describe("What is wrong, with the offending text, and what would be right"),
});
export type Problem = z.output<typeof problemSchema>;

/** `fleet.yaml:12:5: nodes.user1.adress: unknown key 'adress'; did you mean 'address'?` */
export function formatProblem(problem: Problem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}`;
  return problem.path === "" ? `${where}: ${problem.message}` : `${where}: ${problem.path}: ${problem.message}`;
}
