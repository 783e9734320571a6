/** A file with one own service: `services/vikunja.yaml`. Pure. */
import { serviceSchema, type Catalog, type Service } from "../catalog/schema.ts";
import { nameSchema } from "../names.ts";
import { checkName } from "./check-catalog.ts";
import { checkService } from "./check-service.ts";
import { schemaProblems } from "./mistakes.ts";
import type { Problem } from "./problem.ts";
import { inOrder, readYaml } from "./read-yaml.ts";
import { sentenceOf } from "./sentences.ts";
import type { FleetSource } from "./source.ts";

/** A file and what is in it. */
export interface TextFile {
  file: string;
  text: string;
}

export interface ServiceFile {
  service: Service;
  source: FleetSource;
  /** As it is written, without defaults. */
  value: unknown;
}

export type ParsedService = (ServiceFile & { problems: [] }) | { service: null; problems: Problem[] };

/** The service by itself: whether there is what it needs is seen together with the fleet file. */
export function parseServiceFile({ file, text }: TextFile, builtIn: Catalog): ParsedService {
  const read = readYaml(text, file);
  if (read.source === null) return failed(read.problems);
  const { source, value } = read;
  if (value === null) {
    return failed([source.problem([], "is empty; `berth fleet schema --service` describes what belongs in it")]);
  }
  const name = serviceNameOf(file);
  if (!nameSchema.safeParse(name).success) {
    const rules = "1 to 32 of a-z, 0-9 and '-', with a letter at the start and no '-' at the end";
    return failed([source.problem([], `a service cannot be named '${name}', as the file is: names are ${rules}`)]);
  }
  const parsed = serviceSchema.safeParse(value, { error: sentenceOf, reportInput: true });
  if (!parsed.success) return failed(schemaProblems(parsed.error.issues, source, serviceSchema));
  const service = parsed.data;
  const findings = [...checkName(name, service, builtIn, "its file has"), ...checkService(service)];
  if (findings.length === 0) return { service, source, value, problems: [] };
  return failed(findings.map(({ path, message, at }) => source.problem(path, message, at)));
}

/** `services/vikunja.yaml` -> `vikunja` */
function serviceNameOf(file: string): string {
  return file.replace(/^.*\//s, "").replace(/\.yaml$/, "");
}

function failed(problems: Problem[]): ParsedService {
  return { service: null, problems: inOrder(problems) };
}
