/** Policies as MinIO evaluates them: what no statement allows is denied, and a denial wins. Pure. */
import { Refusal } from "./errors.ts";

export interface Statement {
  effect: "Allow" | "Deny";
  actions: readonly string[];
  /** Behind arn:aws:s3:::, empty for statements on the admin API. */
  resources: readonly string[];
}

export interface Policy {
  /** As it was given. */
  document: string;
  statements: readonly Statement[];
}

export interface Question {
  /** s3:GetObject, admin:CreateUser. */
  action: string;
  bucket?: string;
  key?: string;
}

export type Decision = "allow" | "deny" | "undecided";

const arn = "arn:aws:s3:::";
const statementFields = new Set(["Sid", "Effect", "Action", "Resource", "Principal"]);

/** Refuses what it does not understand, rather than to ignore a condition that narrows a statement. */
export function parsePolicy(document: string): Policy {
  const parsed = parseJson(document);
  if (!isRecord(parsed) || parsed["Version"] !== "2012-10-17" || !Array.isArray(parsed["Statement"])) {
    throw new Refusal("MalformedPolicy");
  }
  return { document, statements: parsed["Statement"].map(parseStatement) };
}

function parseStatement(given: unknown): Statement {
  if (!isRecord(given)) throw new Refusal("MalformedPolicy");
  const strange = Object.keys(given).find((field) => !statementFields.has(field));
  if (strange !== undefined) throw new Refusal("NotImplemented", `The stand-in knows no ${strange} in a policy`);
  const { Effect: effect, Action: action, Resource: resource = [] } = given;
  const actions = textList(action);
  const resources = textList(resource).map((name) => (name === "*" ? "*" : withoutArn(name)));
  const isAdmin = actions.every((name) => name.startsWith("admin:"));
  if (effect !== "Allow" && effect !== "Deny") throw new Refusal("MalformedPolicy");
  if (actions.length === 0 || (resources.length === 0 && !isAdmin)) throw new Refusal("MalformedPolicy");
  return { effect, actions, resources };
}

function withoutArn(name: string): string {
  if (!name.startsWith(arn) || name.length === arn.length) throw new Refusal("MalformedPolicy");
  return name.slice(arn.length);
}

/** What all of a user's policies together say. */
export function decide(policies: readonly Policy[], question: Question): Decision {
  const matching = policies.flatMap(({ statements }) => statements).filter((one) => applies(one, question));
  if (matching.some(({ effect }) => effect === "Deny")) return "deny";
  return matching.length > 0 ? "allow" : "undecided";
}

function applies({ actions, resources }: Statement, { action, bucket, key }: Question): boolean {
  if (!actions.some((pattern) => matches(pattern, action))) return false;
  if (action.startsWith("admin:")) return true;
  const resource = bucket === undefined ? "" : key === undefined ? bucket : `${bucket}/${key}`;
  return resources.some((pattern) => matches(pattern, resource));
}

/** `*` stands for any text, `?` for any character. Linear, since the pattern comes from outside. */
export function matches(pattern: string, text: string): boolean {
  let position = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const character = pattern[position];
    if (character === "*") {
      star = position;
      resume = at;
      position += 1;
    } else if (character === "?" || (character !== undefined && character === text[at])) {
      position += 1;
      at += 1;
    } else if (star >= 0) {
      position = star + 1;
      resume += 1;
      at = resume;
    } else return false;
  }
  return pattern.slice(position).replaceAll("*", "") === "";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** undefined for what is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function textList(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => typeof item === "string");
}

function builtIn(statements: object): Policy {
  return parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: [statements] }));
}

/** Policies that every MinIO has. */
export const builtInPolicies: ReadonlyMap<string, Policy> = new Map([
  ["readwrite", builtIn({ Effect: "Allow", Action: ["s3:*"], Resource: ["arn:aws:s3:::*"] })],
  [
    "readonly",
    builtIn({ Effect: "Allow", Action: ["s3:GetBucketLocation", "s3:GetObject"], Resource: ["arn:aws:s3:::*"] }),
  ],
  [
    "consoleAdmin",
    parsePolicy(
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: ["admin:*"] },
          { Effect: "Allow", Action: ["s3:*"], Resource: ["arn:aws:s3:::*"] },
        ],
      }),
    ),
  ],
]);
