/** The handler of `instance.upgrade`. */
import { BerthError } from "@berth/shared/errors";
import type { OperationHandler } from "../../runs/handlers.ts";

export const instanceUpgradeHandler: OperationHandler<"instance.upgrade"> = ({ input }) =>
  Promise.reject(new BerthError("internal", `${input.spec.instance} cannot be upgraded yet`));
