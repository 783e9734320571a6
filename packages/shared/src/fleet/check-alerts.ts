/** Whether rules and receivers of alerts are whole, and lead to what there is. Pure. */
import { sharedScope } from "../names.ts";
import { alertReceiverKinds, type AlertReceiver } from "./alert-receivers.ts";
import { defaultRuleNames, defaultRules } from "./alert-rules.ts";
import type { AlertLevel, AlertRule } from "./alerts.ts";
import type { Finding } from "./check.ts";
import type { Fleet } from "./schema.ts";
import type { Path } from "./source.ts";
import { suggestion } from "./suggest.ts";

/** Columns that are a part of something that is known. */
const shareable: readonly string[] = ["memoryBytes", "diskUsedBytes", "cpuCores"];

export function checkAlerts(fleet: Fleet): Finding[] {
  const { rules, receivers } = fleet.alerts;
  const tenants = [...Object.keys(fleet.tenants), sharedScope];
  return [
    ...Object.entries(rules).flatMap(([name, rule]) => checkRule(["alerts", "rules", name], name, rule)),
    ...Object.entries(rules).flatMap(([name, rule]) =>
      rule === false ? [] : unknownTenants(["alerts", "rules", name], rule.tenants, tenants),
    ),
    ...Object.entries(receivers).flatMap(([name, receiver]) => [
      ...checkKind(["alerts", "receivers", name], receiver),
      ...checkLogin(["alerts", "receivers", name], receiver),
      ...unknownTenants(["alerts", "receivers", name], receiver.tenants, tenants),
    ]),
  ];
}

function checkRule(path: Path, name: string, rule: AlertRule | false): Finding[] {
  const isOwn = !defaultRuleNames.includes(name);
  if (rule === false || (isOwn && rule.node === undefined && rule.container === undefined)) {
    if (!isOwn) return [];
    const own = rule === false ? "" : ", and an own rule needs 'node' or 'container' with a column";
    return [{ path, message: `no rule is named '${name}'${suggestion(name, defaultRuleNames)}${own}`, at: "key" }];
  }
  return isOwn ? checkOwn(path, rule) : checkChanges(path, name, rule);
}

function checkOwn(path: Path, rule: AlertRule): Finding[] {
  const findings: Finding[] = [];
  const tell = (message: string, key?: string) =>
    findings.push({ path: key === undefined ? path : [...path, key], message, at: "key" });
  if (rule.node !== undefined && rule.container !== undefined) tell("is of a node or of containers, not of both");
  if ((rule.above === undefined) === (rule.below === undefined)) tell("needs one of 'above' and 'below'");
  if (rule.within !== undefined) tell("is for Berth's own rules; an own rule has 'for'", "within");
  if (rule.services !== undefined && rule.container === undefined) tell("is for rules over containers", "services");
  const column = rule.node ?? rule.container ?? "";
  for (const key of ["above", "below", "clear"] as const) {
    if (isShare(rule[key]) && !(shareable.includes(column) && !(column === "cpuCores" && rule.node === undefined)))
      tell(`a share needs a limit, which ${column} has not; give a number`, key);
  }
  return findings;
}

function checkChanges(path: Path, name: string, rule: AlertRule): Finding[] {
  const standard = Object.entries(defaultRules).find(([known]) => known === name)?.[1];
  if (standard === undefined) return [];
  const taken: readonly (keyof AlertRule)[] = [
    ...(["for", "clearAfter", "severity", "tenants"] as const),
    ...("above" in standard ? (["above"] as const) : []),
    ...("clear" in standard ? (["clear"] as const) : []),
    ...("within" in standard ? (["within"] as const) : []),
    ...(name.startsWith("container-") || name === "instance-unhealthy" ? (["services"] as const) : []),
  ];
  const given = Object.entries(rule).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  return given
    .filter((key) => !taken.some((known) => known === key))
    .map((key) => {
      const message = `the rule '${name}' takes no '${key}'; it takes ${taken.join(", ")}`;
      return { path: [...path, key], message, at: "key" };
    });
}

function checkKind(path: Path, receiver: AlertReceiver): Finding[] {
  const given = alertReceiverKinds.filter((kind) => receiver[kind] !== undefined);
  if (given.length === 1) return [];
  const message =
    given.length === 0
      ? `needs one of ${alertReceiverKinds.join(", ")}`
      : `is one of ${given.join(" and ")}; make a receiver of each`;
  return [{ path, message, at: "key" }];
}

function checkLogin(path: Path, { email }: AlertReceiver): Finding[] {
  if (email?.user === undefined || email.tls !== "none") return [];
  return [{ path: [...path, "email", "tls"], message: "'none' would send the password of 'user' in the clear" }];
}

function unknownTenants(path: Path, tenants: readonly string[] | undefined, known: readonly string[]): Finding[] {
  return (tenants ?? []).flatMap((tenant, index): Finding[] => {
    if (known.includes(tenant)) return [];
    return [
      { path: [...path, "tenants", index], message: `no tenant is named '${tenant}'${suggestion(tenant, known)}` },
    ];
  });
}

function isShare(level: AlertLevel | undefined): boolean {
  return level !== undefined && "share" in level;
}
