/** What the schema of a service cannot see: references within it that lead nowhere, and names and ports that collide. Pure. */
import type { Need, Part, Service } from "../catalog/schema.ts";
import type { Finding } from "./check.ts";
import { checkPlaceholders } from "./check-placeholders.ts";
import { environmentNameSchema, imageTagSchema } from "./schema.ts";
import type { Path } from "./source.ts";
import { suggestion } from "./suggest.ts";
import { formatSize, parseSize } from "./units.ts";

/** The service by itself; paths are within its definition. */
export function checkService(service: Service): Finding[] {
  const containers: Container[] = [
    { container: service, path: [] },
    ...service.parts.map((part, index) => ({ container: part, path: ["parts", index] })),
  ];
  return [
    ...containers.flatMap(checkContainer),
    ...checkPortsApart(containers),
    ...checkParts(service),
    ...checkRoute(service),
    ...checkSecrets(service),
    ...checkNeedsOnce(service.needs, ["needs"]),
    ...service.uses.flatMap((use, index) => checkUse(service, use.key, ["uses", index])),
    ...service.uses.flatMap((use, index) => checkNeedsOnce(use.needs, ["uses", index, "needs"])),
    ...checkPlaceholders(service),
  ];
}

interface Container {
  container: Service | Part;
  path: Path;
}

const leastMemory = "6MiB";
const highestPort = 65_535;

function checkContainer({ container, path }: Container): Finding[] {
  const { image, version, memory, env } = container;
  const findings: Finding[] = [];
  if (!isImage(image)) {
    const message = `'${image}' must be an image with its registry and without tag: docker.io/library/redis`;
    findings.push({ path: [...path, "image"], message });
  }
  findings.push(...told(imageTagSchema, version, [...path, "version"]));
  for (const name of Object.keys(env))
    findings.push(...told(environmentNameSchema, name, [...path, "env", name], "key"));
  if (memory < parseSize(leastMemory)) {
    const message = `'${formatSize(memory)}' must be at least ${leastMemory}, the least that Docker takes`;
    findings.push({ path: [...path, "memory"], message });
  }
  return [...findings, ...checkContainerPorts({ container, path }), ...checkPaths({ container, path })];
}

/** `registry/path` without tag and digest. A registry is told from the first part of a path by its '.' or port. */
function isImage(image: string): boolean {
  const [registry = "", ...path] = image.split("/");
  const isRegistry = /^(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::\d+)?$|^[a-z0-9-]+:\d+$/.test(registry);
  return isRegistry && path.length > 0 && path.every((part) => /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/.test(part));
}

function checkContainerPorts({ container: { ports, health }, path }: Container): Finding[] {
  const findings: Finding[] = [];
  for (const [index, port] of ports.entries()) {
    for (const side of ["container", "host"] as const)
      findings.push(...portRange(port[side], [...path, "ports", index, side]));
  }
  findings.push(
    ...taken(
      ports.map(({ container }) => container),
      (index) => [...path, "ports", index, "container"],
      "port",
    ),
  );
  const asked = health.http?.port;
  if (asked === undefined) return findings;
  const healthPath = [...path, "health", "http", "port"];
  findings.push(...portRange(asked, healthPath));
  if (ports.length > 0 && !ports.some(({ container }) => container === asked)) {
    const known = ports.map(({ container }) => container).join(", ");
    findings.push({ path: healthPath, message: `'${asked}' is none of the container's ports: ${known}` });
  }
  return findings;
}

function portRange(port: number, path: Path): Finding[] {
  return port >= 1 && port <= highestPort ? [] : [{ path, message: `'${port}' must be from 1 to ${highestPort}` }];
}

function checkPaths({ container: { volumes, files }, path }: Container): Finding[] {
  return [
    ...taken(
      volumes.map((volume) => volume.name),
      (index) => [...path, "volumes", index, "name"],
      "volume",
    ),
    ...taken(
      volumes.map((volume) => volume.path),
      (index) => [...path, "volumes", index, "path"],
      "path",
    ),
    ...taken(
      files.map((file) => file.path),
      (index) => [...path, "files", index, "path"],
      "path",
    ),
  ];
}

/** On one node, and under names that other services ask for. */
function checkPortsApart(containers: readonly Container[]): Finding[] {
  const ports = containers.flatMap(({ container, path }) =>
    container.ports.map((port, index) => ({ ...port, path: [...path, "ports", index] })),
  );
  return [
    ...taken(
      ports.map(({ name }) => name),
      (index) => [...(ports[index]?.path ?? []), "name"],
      "port's name",
    ),
    ...taken(
      ports.map(({ host }) => host),
      (index) => [...(ports[index]?.path ?? []), "host"],
      "host port",
    ),
  ];
}

function checkParts({ parts }: Service): Finding[] {
  const firstAfter = parts.findIndex((part) => part.starts === "after");
  const late =
    firstAfter === -1
      ? []
      : parts.flatMap((part, index) => (part.starts === "before" && index > firstAfter ? [index] : []));
  return [
    ...taken(
      parts.map((part) => part.name),
      (index) => ["parts", index, "name"],
      "part",
    ),
    ...late.map((index) => ({
      path: ["parts", index, "starts"],
      message: `'before' stands below part '${parts[firstAfter]?.name}', which starts after; parts are listed in the order of their start`,
    })),
  ];
}

function checkRoute({ route, ports }: Service): Finding[] {
  if (route === undefined || ports.some(({ name }) => name === route.port)) return [];
  const known = ports.map(({ name }) => name);
  return [{ path: ["route", "port"], message: `no port is named '${route.port}'${suggestion(route.port, known)}` }];
}

function checkSecrets({ secrets }: Service): Finding[] {
  const keys = Object.entries(secrets).flatMap(([name, rule]) => ("token" in rule ? [] : [name]));
  return Object.entries(secrets).flatMap(([name, rule]) => {
    if (!("token" in rule) || keys.includes(rule.token.signedWith)) return [];
    const { signedWith } = rule.token;
    const message = signedWith in secrets ? `'${signedWith}' is a token itself` : `no secret is named '${signedWith}'`;
    return [{ path: ["secrets", name, "token", "signedWith"], message: `${message}${suggestion(signedWith, keys)}` }];
  });
}

function checkUse({ scope }: Service, key: string | undefined, path: Path): Finding[] {
  if (key === undefined || scope === "tenant") return [];
  return [{ path: [...path, "key"], message: `'${key}' is given to tenants, and this is a shared service` }];
}

function checkNeedsOnce(needs: readonly Need[], path: Path): Finding[] {
  const names = needs.map((need) => (need.kind === "service" ? need.service : need.kind));
  return taken(names, (index) => [...path, index], "need");
}

/** Each value that stands above already. */
function taken(values: readonly (string | number)[], path: (index: number) => Path, what: string): Finding[] {
  return values.flatMap((value, index) =>
    values.indexOf(value) === index ? [] : [{ path: path(index), message: `${what} '${value}' stands above already` }],
  );
}

/** What a schema of the fleet file says of a text. */
function told(schema: typeof imageTagSchema, text: string, path: Path, at: "value" | "key" = "value"): Finding[] {
  const { error } = schema.safeParse(text);
  return error === undefined ? [] : [{ path, message: `'${text}' ${error.issues[0]?.message ?? ""}`, at }];
}
