/** The shell script that does by hand what Berth has done: its containers, made with `docker run`. */
import { dirname } from "node:path";
import { catalog } from "@berth/shared/catalog/index";
import type { Health } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import type { AttachedGuest } from "../containers/attach.ts";

/** The part of `docker inspect` that `docker run` is told. */
const inspectedSchema = z.array(
  z.object({
    Name: z.string(),
    Config: z.object({
      Image: z.string(),
      Env: z.array(z.string()),
      Cmd: z.array(z.string()).nullable(),
      Labels: z.record(z.string(), z.string()),
    }),
    HostConfig: z.object({
      RestartPolicy: z.object({ Name: z.string() }),
      Memory: z.int(),
      LogConfig: z.object({ Config: z.record(z.string(), z.string()) }),
      PortBindings: z.record(z.string(), z.array(z.object({ HostPort: z.string() }))),
      Mounts: z.array(z.object({ Source: z.string(), Target: z.string() })).default([]),
    }),
  }),
);

export interface ContainerDetails {
  name: string;
  service: string;
  image: string;
  env: readonly string[];
  command: readonly string[];
  restartPolicy: string;
  memoryBytes: number;
  logOptions: Readonly<Record<string, string>>;
  /** As Docker writes them: "5432/tcp". */
  ports: readonly { container: string; host: string }[];
  mounts: readonly { source: string; target: string }[];
  /** What is put into it before it starts. */
  files: readonly { path: string; content: string }[];
}

/** Containers of Berth's on a node, in the order of the names. */
export async function inspectContainers(guest: AttachedGuest, names: readonly string[]): Promise<ContainerDetails[]> {
  const inspected = inspectedSchema.parse(JSON.parse(await guest.run(["docker", "inspect", ...names])));
  return inspected.map((found) => ({ ...detailsOf(found), files: [] }));
}

/** The same with their files, for services of one container each. */
export async function inspectWithFiles(guest: AttachedGuest, names: readonly string[]): Promise<ContainerDetails[]> {
  const found = await inspectContainers(guest, names);
  return Promise.all(found.map(async (container) => ({ ...container, files: await filesOf(guest, container) })));
}

/** As Berth has put them there: with the secrets that they refer to. */
async function filesOf(
  guest: AttachedGuest,
  { name, service }: Omit<ContainerDetails, "files">,
): Promise<ContainerDetails["files"]> {
  const paths = catalog.get(service)?.files.map(({ path }) => path) ?? [];
  return Promise.all(
    paths.map(async (path) => {
      const copy = `${quoted(["docker", "cp", `${name}:${path}`, "-"])} | tar -x -O`;
      return { path, content: await guest.run(["sh", "-c", copy]) };
    }),
  );
}

function detailsOf({
  Name,
  Config,
  HostConfig,
}: z.output<typeof inspectedSchema>[number]): Omit<ContainerDetails, "files"> {
  return {
    name: Name.replace(/^\//, ""),
    service: Config.Labels["berth.service"] ?? "",
    image: Config.Image,
    env: Config.Env,
    command: Config.Cmd ?? [],
    restartPolicy: HostConfig.RestartPolicy.Name,
    memoryBytes: HostConfig.Memory,
    logOptions: HostConfig.LogConfig.Config,
    ports: Object.entries(HostConfig.PortBindings).flatMap(([container, bindings]) =>
      bindings.map(({ HostPort }) => ({ container, host: HostPort })),
    ),
    mounts: HostConfig.Mounts.map(({ Source, Target }) => ({ source: Source, target: Target })),
  };
}

/** Starts every container, then waits for the health of each, and prints the milliseconds that took. */
export function renderDeployScript(containers: readonly ContainerDetails[]): string {
  return [
    "set -eu",
    "begun=$(date +%s%N)",
    ...containers.flatMap(bringUp),
    ...containers.flatMap(waitForHealth),
    "echo $((($(date +%s%N) - begun) / 1000000))",
    "",
  ].join("\n");
}

function bringUp(container: ContainerDetails): string[] {
  const { name, files } = container;
  if (files.length === 0) return [`${quoted(["docker", "run", "--detach", ...optionsOf(container)])} >/dev/null`];
  return [
    `${quoted(["docker", "create", ...optionsOf(container)])} >/dev/null`,
    ...files.flatMap((file) => putFile(file, name)),
    `${quoted(["docker", "start", name])} >/dev/null`,
  ];
}

/** By a tar from the root on: directories that the image does not have are made on the way. */
function putFile({ path, content }: ContainerDetails["files"][number], container: string): string[] {
  const [top = ""] = path.split("/").filter((part) => part !== "");
  return [
    "files=$(mktemp -d)",
    `mkdir -p "$files"${quoted([dirname(path)])}`,
    `echo ${Buffer.from(content).toString("base64")} | base64 -d > "$files"${quoted([path])}`,
    `tar -C "$files" -c ${quoted([top])} | ${quoted(["docker", "cp", "-", `${container}:/`])}`,
    'rm -r "$files"',
  ];
}

function optionsOf(container: ContainerDetails): string[] {
  return [
    ...["--name", container.name],
    ...["--restart", container.restartPolicy, "--memory", String(container.memoryBytes), "--no-healthcheck"],
    ...Object.entries(container.logOptions).flatMap(([key, value]) => ["--log-opt", `${key}=${value}`]),
    ...container.ports.flatMap(({ container: inside, host }) => ["--publish", `${host}:${inside}`]),
    ...container.mounts.flatMap(({ source, target }) => ["--mount", `type=volume,source=${source},target=${target}`]),
    ...container.env.flatMap((variable) => ["--env", variable]),
    container.image,
    ...container.command,
  ];
}

/** The probe that the catalog defines, as often as the agent repeats it. */
function waitForHealth({ name, service }: ContainerDetails): string[] {
  const health = catalog.get(service)?.health;
  if (health === undefined) throw new BerthError("lab.failed", `${name} is of no known service: '${service}'`);
  if (health.http !== undefined) return waitForAnswer(name, health.http);
  const probe = quoted(["docker", "exec", name, ...(health.command ?? [])]);
  return [`until ${probe} >/dev/null 2>&1; do sleep ${health.intervalSeconds}; done`];
}

function waitForAnswer(name: string, { port, path }: NonNullable<Health["http"]>): string[] {
  const address = quoted(["docker", "inspect", "--format", "{{.NetworkSettings.IPAddress}}", name]);
  return [
    `address=$(${address})`,
    `until curl --silent --fail --output /dev/null "http://$address:${port}${path}"; do sleep 0.2; done`,
  ];
}

/** A command of a POSIX shell whose words are exactly these. */
export function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}
