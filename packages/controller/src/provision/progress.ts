import type { OperationContext } from "../runs/handlers.ts";

/** What work that takes a while is given: where its lines go, and when to give up. Part of every `OperationContext`. */
export type Progress = Pick<OperationContext<"lxc.ensure">, "log" | "signal" | "phases">;
