/** The handler of `upgrade.conclude`. */
import { BerthError } from "@berth/shared/errors";
import type { OperationHandler } from "../../runs/handlers.ts";

export const upgradeConcludeHandler: OperationHandler<"upgrade.conclude"> = ({ input }) =>
  Promise.reject(new BerthError("internal", `${input.upgrade} cannot be concluded yet`));
