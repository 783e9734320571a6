/** Of a command that shows two things: what an account may not see is left out, and the rest is shown. */
import { BerthError } from "@berth/shared/errors";

export async function unlessForbidden<Answer, Else>(answer: Promise<Answer>, otherwise: Else): Promise<Answer | Else> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof BerthError && error.code === "forbidden") return otherwise;
    throw error;
  }
}
