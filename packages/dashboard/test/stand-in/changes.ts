/** What the stand-in answers to who asks for a change: a plan for a dry run, and the run that is under way otherwise. */
import { restartInstances, startInstances, stopInstances } from "@berth/shared/api/instances";
import type { Run } from "@berth/shared/api/runs";
import type { SuspendedInstance } from "@berth/shared/api/status";
import { resumeTenant, suspendTenant } from "@berth/shared/api/tenants";
import { holdInstance, releaseInstance, startUpgrade } from "@berth/shared/api/upgrades";
import { BerthError } from "@berth/shared/errors";
import type { Plan } from "@berth/shared/operations/plan";
import type * as z from "zod";
import type { Upkeep } from "./upkeep.ts";

function bodyOf<Body extends z.ZodType>({ body }: { body?: Body | undefined }, given: unknown): z.output<Body> {
  if (body === undefined) throw new BerthError("internal", "This endpoint takes no body");
  return body.parse(given);
}

type Operation = Plan["operations"][number];

function operation(kind: Operation["kind"], change: Operation["change"], target: string, reason: string): Operation {
  const [node = target] = target.split("-");
  return { id: `${kind}/${target}`, kind, change, node, target, reason, after: [], input: {} };
}

const stopping = ["instance.remove", "remove"] as const;
const starting = ["instance.ensure", "create"] as const;
const reasons = { "instance.remove": "it is suspended; what it holds is kept", "instance.ensure": "does not exist" };

function suspendedInstance(name: string): SuspendedInstance {
  const [owner = "", service = ""] = name.split("-");
  return { name, service, node: owner, tenant: owner === "shared" ? null : owner, withTenant: false };
}

/** undefined: the call asks for no change. Throws as the controller refuses. */
export function answerChange(path: string, given: unknown, upkeep: Upkeep, run: Run): unknown {
  const answer = (operations: Operation[], dryRun: boolean, warnings: string[] = []) => ({
    plan: { operations, warnings },
    run: dryRun ? null : run,
  });
  if (path === restartInstances.path) {
    const { of, dryRun = false } = bodyOf(restartInstances, given);
    const operations = of.map((name) => operation("instance.restart", "restart", name, "asked for"));
    return restartInstances.response.parse(answer(operations, dryRun));
  }
  if (path === stopInstances.path || path === startInstances.path) {
    const { of, dryRun = false } = bodyOf(stopInstances, given);
    const [kind, change] = path === stopInstances.path ? stopping : starting;
    const operations = of.map((name) => operation(kind, change, name, reasons[kind]));
    if (!dryRun) {
      const others = upkeep.suspended.filter(({ name }) => !of.includes(name));
      upkeep.suspended = path === stopInstances.path ? [...others, ...of.map(suspendedInstance)] : others;
    }
    return stopInstances.response.parse(answer(operations, dryRun));
  }
  if (path === startUpgrade.path) return startUpgrade.response.parse(upgradeAnswer(given, upkeep, answer));
  if (path === holdInstance.path || path === releaseInstance.path) {
    const { instance, dryRun = false } = bodyOf(releaseInstance, given);
    const check = upkeep.check.instances.find((one) => one.instance === instance);
    if (check === undefined) throw new BerthError("not-found", `There is no instance '${instance}'.`);
    if (!dryRun) check.held = path === holdInstance.path;
    return holdInstance.response.parse({ ...answer([], true), version: check.version });
  }
  const [, name, action] = /^\/api\/tenants\/([^/]+)\/(suspend|resume)$/.exec(path) ?? [];
  if (name === undefined) return undefined;
  const { dryRun = false } = bodyOf(suspendTenant, given);
  const tenant = upkeep.tenants.find((one) => one.name === name);
  if (tenant === undefined) throw new BerthError("not-found", `No tenant is named '${name}'.`);
  if (!dryRun) tenant.state = action === "suspend" ? "suspended" : "active";
  const kind = action === "suspend" ? "instance.remove" : "instance.ensure";
  const operations = tenant.instances.map((one) =>
    operation(kind, action === "suspend" ? "remove" : "create", one.name, `the tenant is ${action}ed`),
  );
  return (action === "suspend" ? suspendTenant : resumeTenant).response.parse(answer(operations, dryRun));
}

function upgradeAnswer(
  given: unknown,
  { check }: Upkeep,
  answer: (operations: Operation[], dryRun: boolean, warnings: string[]) => unknown,
): unknown {
  const { service, version, only, canary, acceptMajor, backup, dryRun } = bodyOf(startUpgrade, given);
  const of = check.instances.filter(
    (one) => one.service === service && !one.held && (only.length === 0 || only.includes(one.instance)),
  );
  if (of.some(({ major }) => major === version) && !acceptMajor) {
    throw new BerthError("request.invalid", `${service} ${version} is another major version.`, {
      hint: "Dump and load its data first, then --accept-major.",
    });
  }
  const sorted = of.toSorted((a, b) => Number(b.instance === canary) - Number(a.instance === canary));
  const operations = sorted.map((one) =>
    operation("instance.upgrade", "upgrade", one.instance, `version ${one.version} -> ${version}`),
  );
  return answer(operations, dryRun, backup ? [] : ["Nothing is backed up before."]);
}
