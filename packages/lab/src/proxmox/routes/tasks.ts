import * as z from "zod";
import type { Caller } from "../access.ts";
import type { ApiContext } from "../context.ts";
import { Page, endpoint } from "../endpoint.ts";
import { enumeration, flag, integer, text, vmidParameter } from "../parameters.ts";
import { type Task, describeTask } from "../tasks.ts";

/** Everybody may see their own tasks; those of others need Sys.Audit. */
function requireSight(context: ApiContext, caller: Caller, task: Task): void {
  const owns = task.authUser.split("!")[0] === caller.authUser.split("!")[0];
  if (!owns) caller.require(`/nodes/${context.node}`, "Sys.Audit");
}

export const taskEndpoints = [
  endpoint({
    method: "GET",
    path: "/nodes/:node/tasks",
    parameters: z.strictObject({
      node: text(),
      vmid: vmidParameter.optional(),
      typefilter: text().optional(),
      errors: flag().optional(),
      source: enumeration(["archive", "active", "all"]).optional(),
      start: integer(0).optional(),
      limit: integer(0).optional(),
    }),
    handle: async (context, { vmid, typefilter, errors, start = 0, limit = 50 }) => {
      const tasks = context.tasks
        .list()
        .filter((task) => vmid === undefined || task.id === String(vmid))
        .filter((task) => typefilter === undefined || task.type === typefilter)
        .filter((task) => errors !== true || (task.exitstatus !== undefined && task.exitstatus !== "OK"))
        .map((task) => ({
          ...describeTask(task),
          ...(task.endtime === undefined ? {} : { endtime: task.endtime, status: task.exitstatus }),
        }));
      return new Page(tasks.slice(start, start + limit), tasks.length);
    },
  }),
  endpoint({
    method: "GET",
    path: "/nodes/:node/tasks/:upid/status",
    parameters: z.strictObject({ node: text(), upid: text() }),
    handle: async (context, { upid }, caller) => {
      const task = context.tasks.find(upid);
      requireSight(context, caller, task);
      return describeTask(task);
    },
  }),
  endpoint({
    method: "GET",
    path: "/nodes/:node/tasks/:upid/log",
    parameters: z.strictObject({
      node: text(),
      upid: text(),
      start: integer(0).optional(),
      limit: integer(0).optional(),
      download: flag().optional(),
    }),
    handle: async (context, { upid, start = 0, limit = 50 }, caller) => {
      const task = context.tasks.find(upid);
      requireSight(context, caller, task);
      if (task.log.length === 0) return new Page([{ n: 1, t: "no content" }], 1);
      const lines = task.log.map((line, index) => ({ n: index + 1, t: line }));
      return new Page(lines.slice(start, limit === 0 ? undefined : start + limit), lines.length);
    },
  }),
  endpoint({
    method: "DELETE",
    path: "/nodes/:node/tasks/:upid",
    parameters: z.strictObject({ node: text(), upid: text() }),
    handle: async (context, { upid }, caller) => {
      // The lab's tasks are short, and none is safe to break off: it runs to its end.
      requireSight(context, caller, context.tasks.find(upid));
      return null;
    },
  }),
];
