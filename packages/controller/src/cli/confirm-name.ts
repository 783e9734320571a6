/** Having a name typed out before what cannot be taken back: a `y` is typed too easily. */
import type { Plan } from "@berth/shared/operations/plan";
import { BerthError } from "@berth/shared/errors";
import type { CommandContext } from "./define-command.ts";
import { usageError } from "./errors.ts";
import { ask } from "./prompt.ts";
import { planLines } from "./render/plan.ts";
import { isInteractive } from "./terminal.ts";

export interface NameConfirmation {
  name: string;
  plan: Plan;
  /** What it does, for where nobody can be asked: "removes LXC user4". */
  does: string;
  /** What --yes is for: "remove". */
  verb: string;
  /** What becomes of what is there now. */
  fate: string;
  question: string;
}

/** Shows the plan and asks. Throws `cancelled`, and a usage error where there is no terminal. */
export async function confirmName(context: CommandContext, confirmation: NameConfirmation): Promise<void> {
  const { name, plan, does, verb, fate, question } = confirmation;
  if (!isInteractive(context.terminal)) {
    throw usageError(
      `This ${does}, and there is no terminal to ask on: nothing was changed.`,
      `Give --yes to ${verb} without being asked.`,
    );
  }
  context.note(...planLines(plan, context.messageStyle), "", fate);
  const answer = await ask(context.terminal, question);
  if (answer.trim() === name) return;
  throw new BerthError("cancelled", "Nothing was changed: that is not its name.");
}
