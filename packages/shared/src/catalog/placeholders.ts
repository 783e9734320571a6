/** Placeholders in a service's texts: `${secret.NAME}`; what each means is told in schema.ts. Pure. */
import type { Need, Part, Service, Use } from "./schema.ts";

export interface Placeholder {
  /** What stands between the braces: `service.minio.port.http` */
  expression: string;
  scope: string;
  path: string[];
}

/** `$${x}` stands for a literal `${x}`. */
const pattern = /\$?\$\{([a-zA-Z0-9.-]+)\}/g;

/** How references to secrets begin that the planner writes: a text with one of its own would be given anybody's secret. */
export const secretReferenceStart = "${secret:";

export function placeholdersIn(text: string): Placeholder[] {
  return Array.from(text.matchAll(pattern), ([whole, expression = ""]) => ({ whole, expression }))
    .filter(({ whole }) => !whole.startsWith("$$"))
    .map(({ expression }) => {
      const [scope = "", ...path] = expression.split(".");
      return { expression, scope, path };
    });
}

/** A text that may hold placeholders, with where it is written and the needs that are met when it counts. */
export interface TemplateText {
  path: (string | number)[];
  text: string;
  needs: readonly Need[];
  use: Use | undefined;
}

/** Whether the service is given what the metrics of the whole fleet are read with. */
export function readsMetrics(service: Service): boolean {
  return templateTexts(service).some(({ text }) =>
    placeholdersIn(text).some(({ expression }) => expression === "controller.metricsToken"),
  );
}

/** Every text of a service in which placeholders are resolved. */
export function templateTexts(service: Service): TemplateText[] {
  const { needs, uses, parts } = service;
  const own = [
    ...containerTexts(service, []),
    ...parts.flatMap((part, index) => containerTexts(part, ["parts", index])),
  ].map((text) => ({ ...text, needs, use: undefined }));
  const ofUses = uses.flatMap((use, index) =>
    environmentTexts(use.env, ["uses", index]).map((text) => ({ ...text, needs: [...needs, ...use.needs], use })),
  );
  return [...own, ...ofUses];
}

type Text = Pick<TemplateText, "path" | "text">;

function containerTexts({ env, files, command = [] }: Service | Part, path: (string | number)[]): Text[] {
  return [
    ...environmentTexts(env, path),
    ...files.map(({ content }, index) => ({ path: [...path, "files", index, "content"], text: content })),
    ...command.map((text, index) => ({ path: [...path, "command", index], text })),
  ];
}

function environmentTexts(env: Record<string, string>, path: (string | number)[]): Text[] {
  return Object.entries(env).map(([name, text]) => ({ path: [...path, "env", name], text }));
}
