/** A command is data: what it takes, examples, what it does, how its result reads. program.ts and completion/ read it. */
import type { BerthError } from "@berth/shared/errors";
import type { Client } from "./client/client.ts";
import type { Style } from "./render/style.ts";
import type { Terminal } from "./terminal.ts";

/** What Tab offers for a value. */
export type Completion =
  | "file"
  | "node"
  | "instance"
  | "suspended"
  | "run"
  | "service"
  | "account"
  | "tenant"
  | "secret";

export interface ArgumentDefinition {
  description: string;
  optional?: true;
  /** Takes all the words that are left. */
  variadic?: true;
  completes?: Completion;
}

interface OptionBase {
  short?: string;
  description: string;
}
export interface FlagOption extends OptionBase {
  kind: "flag";
}
export interface TextOption extends OptionBase {
  kind: "text";
  /** How help names the value: FILE, URL. */
  value: string;
  default?: string;
  required?: true;
  completes?: Completion;
}
export interface IntegerOption extends OptionBase {
  kind: "integer";
  value: string;
  minimum: number;
  maximum: number;
  default?: number;
}
export interface ChoiceOption extends OptionBase {
  kind: "choice";
  value: string;
  choices: readonly string[];
  default?: string;
  required?: true;
}
export type OptionDefinition = FlagOption | TextOption | IntegerOption | ChoiceOption;

type ArgumentValue<Definition> = Definition extends { variadic: true }
  ? string[]
  : Definition extends { optional: true }
    ? string | undefined
    : string;
type Given<Definition, Value> = Definition extends { default: unknown } | { required: true }
  ? Value
  : Value | undefined;
type OptionValue<Definition> = Definition extends { kind: "flag" }
  ? boolean
  : Definition extends { kind: "integer" }
    ? Given<Definition, number>
    : Definition extends { kind: "choice"; choices: readonly (infer Choice)[] }
      ? Given<Definition, Choice>
      : Given<Definition, string>;

/** What a command does its work with. */
export interface CommandContext {
  terminal: Terminal;
  /** Machine output is wanted: one JSON document on stdout. */
  json: boolean;
  /** Colours of stdout and of stderr. */
  style: Style;
  messageStyle: Style;
  /** The value of --controller, when given. */
  controller: string | undefined;
  /** A client of the controller in reach; throws `controller.unreachable`. Connects on the first call. */
  client: () => Promise<Client>;
  /** Lines for people, on stderr. */
  note: (...lines: string[]) => void;
  /** The process's exit code, for a command that passes another's on. */
  endWith: (exitCode: number) => void;
}

export interface Example {
  command: string;
  does: string;
}

export interface RenderOptions {
  style: Style;
  /** Width of the terminal in columns. */
  columns: number;
  /** Columns that a line may take: those of the terminal, and as many as it likes (Infinity) where the output is none. */
  fit: number;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface CommandDefinition<
  Arguments extends Record<string, ArgumentDefinition>,
  Options extends Record<string, OptionDefinition>,
  Result,
> {
  /** More than the summary, shown by --help. */
  details?: string;
  arguments?: Arguments;
  options?: Options;
  examples: readonly [Example, ...Example[]];
  run(
    context: CommandContext & {
      input: { [Name in keyof Arguments]: ArgumentValue<Arguments[Name]> } & {
        [Name in keyof Options]: OptionValue<Options[Name]>;
      };
    },
  ): Promise<Result>;
  /** What --json prints, where it is not the result itself. */
  present?(result: NonNullable<Result>): unknown;
  /** The result for people, on stdout. Nothing is printed for undefined. */
  render(result: NonNullable<Result>, options: RenderOptions): string[];
  /** An error to end with although there is a result to print. */
  failure?(result: NonNullable<Result>): BerthError | undefined;
}

/** A command of any shape, as program.ts runs it. */
export interface Command {
  details: string | undefined;
  arguments: Readonly<Record<string, ArgumentDefinition>>;
  options: Readonly<Record<string, OptionDefinition>>;
  examples: readonly Example[];
  execute(input: Readonly<Record<string, unknown>>, context: CommandContext): Promise<Execution>;
}

/** What came of a command: the value for --json, the lines for people, and the error it ends with. */
export interface Execution {
  /** undefined: nothing is printed. */
  result: unknown;
  lines(options: RenderOptions): string[];
  failure: BerthError | undefined;
}

export function defineCommand<
  const Arguments extends Record<string, ArgumentDefinition>,
  const Options extends Record<string, OptionDefinition>,
  Result,
>(definition: CommandDefinition<Arguments, Options, Result>): Command {
  type Input = Parameters<typeof definition.run>[0]["input"];
  return {
    details: definition.details,
    arguments: definition.arguments ?? {},
    options: definition.options ?? {},
    examples: definition.examples,
    async execute(input, context) {
      // program.ts made `input` from these very definitions.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const result = await definition.run({ ...context, input: input as Input });
      if (result === undefined || result === null) {
        return { result: undefined, lines: () => [], failure: undefined };
      }
      return {
        result: definition.present === undefined ? result : definition.present(result),
        lines: (options) => definition.render(result, options),
        failure: definition.failure?.(result),
      };
    },
  };
}
