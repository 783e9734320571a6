/** Whether every placeholder of a service has a value when the service is made. Pure. */
import {
  placeholdersIn,
  type Placeholder,
  secretReferenceStart,
  type TemplateText,
  templateTexts,
} from "../catalog/placeholders.ts";
import type { Catalog, Service } from "../catalog/schema.ts";
import type { Finding } from "./check.ts";
import { serverOf } from "./needs.ts";
import { suggestion } from "./suggest.ts";

interface Context {
  service: Service;
  text: TemplateText;
  /** Every service there is; undefined: only this one is known. */
  catalog: Catalog | undefined;
}

/** With `catalog`, also what other services are asked for. */
export function checkPlaceholders(service: Service, catalog?: Catalog): Finding[] {
  return templateTexts(service).flatMap((text) => [
    ...checkReference(text),
    ...placeholdersIn(text.text).flatMap((placeholder) => {
      const wrong = mistakeOf(placeholder, { service, text, catalog }) ?? exposure(placeholder, text);
      return wrong === undefined ? [] : [{ path: text.path, message: `'\${${placeholder.expression}}' ${wrong}` }];
    }),
  ]);
}

function checkReference({ path, text }: TemplateText): Finding[] {
  if (!text.includes(secretReferenceStart)) return [];
  return [{ path, message: `must not hold '${secretReferenceStart}', with which Berth itself refers to secrets` }];
}

/** Placeholders that stand for a secret. */
const secretPattern =
  /^(?:secret\.|database\.(?:password|url)$|collections\.token$|buckets\.secretKey$|key$|service\.[^.]+\.secret\.|controller\.metricsToken$)/;

function exposure({ expression }: Placeholder, { path }: TemplateText): string | undefined {
  if (path.at(-2) !== "command" || !secretPattern.test(expression)) return undefined;
  return "would show in process lists; put it into env or a file, and let the command read it there";
}

type Rule = (path: readonly string[], context: Context) => string | undefined;

const rules: Readonly<Record<string, Rule>> = {
  secret: ([name = "", form = "bcrypt"], { service }) =>
    oneOf("a secret of the service", name, Object.keys(service.secrets)) ??
    oneOf("a form of a secret", form, ["bcrypt"]),
  database: ([field = ""], { text }) =>
    withNeed("database", text) ?? oneOf("of a database", field, ["host", "port", "name", "user", "password", "url"]),
  collections: ([field = ""], { text }) =>
    withNeed("collections", text) ?? oneOf("of collections", field, ["prefix", "token"]),
  bucket: ([name = ""], { text }) => withNeed("buckets", text) ?? oneOf("a bucket it needs", name, bucketsOf(text)),
  buckets: ([field = ""], { text }) =>
    withNeed("buckets", text) ?? oneOf("of buckets", field, ["accessKey", "secretKey"]),
  key: (_, { text }) => (text.use?.key === undefined ? "stands only in the env of a use with a 'key'" : undefined),
  route: ([field = ""], { service }) =>
    service.route === undefined ? "needs the service to have a 'route'" : routeField(field),
  node: ([field = ""]) => oneOf("of the node", field, ["address"]),
  controller: ([field = ""], { service }) => {
    if (field === "metricsToken" && service.scope === "tenant")
      return "opens the metrics of every tenant, which no tenant may hold";
    return oneOf("of the controller", field, ["address", "port", "ca", "metricsToken"]);
  },
  tenant: () => undefined,
  main: () => undefined,
  part: ([name = ""], { service }) =>
    oneOf(
      "a part of the service",
      name,
      service.parts.map((part) => part.name),
    ),
  service: ([name = "", ...path], context) => connected(name, context) ?? ofService(name, path, context),
};

/** How many names stand behind a scope, where it is not exactly one. */
const namesBehind: Readonly<Record<string, readonly [least: number, most: number]>> = {
  key: [0, 0],
  tenant: [0, 0],
  main: [0, 0],
  secret: [1, 2],
  service: [2, 3],
};

function mistakeOf({ scope, path }: Placeholder, context: Context): string | undefined {
  const rule = Object.hasOwn(rules, scope) ? rules[scope] : undefined;
  if (rule === undefined) {
    const meant = suggestion(scope, Object.keys(rules));
    return `is no placeholder${meant}; for the text itself write '$' before it`;
  }
  const [least, most] = namesBehind[scope] ?? [1, 1];
  if (path.length < least || path.length > most) return "is not written as a placeholder of its kind";
  return rule(path, context);
}

function withNeed(kind: "database" | "collections" | "buckets", { needs }: TemplateText): string | undefined {
  if (needs.some((need) => need.kind === kind)) return undefined;
  return `stands for what the service has not asked for; add a need of kind '${kind}'`;
}

function bucketsOf({ needs }: TemplateText): string[] {
  return needs.flatMap((need) => (need.kind === "buckets" ? need.buckets : []));
}

/** Only what is needed, or used where the text counts, is surely in the fleet. */
function connected(name: string, { service, text: { needs, use } }: Context): string | undefined {
  const servers = [...needs.map(serverOf), ...(use?.service === undefined ? [] : [use.service])];
  if (servers.includes(name)) return undefined;
  if (name === service.name) return "is the service itself; write '${main}', '${node.address}' or '${route.url}'";
  return `stands for a service that it neither needs nor, here, uses; add '${name}' to its needs or uses`;
}

function ofService(
  name: string,
  [field = "", detail]: readonly string[],
  { service, catalog }: Context,
): string | undefined {
  const other = catalog?.get(name);
  switch (field) {
    case "address":
    case "url":
      return detail === undefined ? undefined : `is followed by '.${detail}', which has no meaning there`;
    case "port":
      return other === undefined || detail === undefined
        ? undefined
        : oneOf(
            `a port of '${name}'`,
            detail,
            other.ports.map((port) => port.name),
          );
    case "route":
      if (other !== undefined && other.route === undefined) return `: '${name}' has no route`;
      return routeField(detail ?? "");
    case "secret":
      if (service.scope === "tenant") return "is a secret of a shared service, which no tenant may hold";
      return other === undefined ? undefined : oneOf(`a secret of '${name}'`, detail ?? "", Object.keys(other.secrets));
    default:
      return oneOf("of a service", field, ["address", "port", "url", "route", "secret"]);
  }
}

function routeField(field: string): string | undefined {
  return oneOf("of a route", field, ["url", "host"]);
}

function oneOf(what: string, written: string, known: readonly string[]): string | undefined {
  if (known.includes(written)) return undefined;
  return known.length === 0 ? `is not ${what}: there is none` : `is not ${what}${suggestion(written, known)}`;
}
