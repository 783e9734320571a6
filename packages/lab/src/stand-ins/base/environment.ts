/** Reading a program's environment as strictly as the original does. Errors name the variable and never show its value. */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface Rule {
  pattern: RegExp;
  /** As the end of the sentence "NAME must …". */
  must: string;
}

/** 256 bits. */
export const hexKey: Rule = { pattern: /^[0-9a-f]{64}$/i, must: "be 64 hexadecimal digits" };

export class Environment {
  readonly #variables: Variables;

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  /** An empty variable counts as none, as most programs have it. */
  optional(name: string): string | undefined {
    const value = this.#variables[name];
    return value === "" ? undefined : value;
  }

  text(name: string, rule?: Rule): string {
    const value = this.optional(name);
    if (value === undefined) throw new Error(`${name} is not set`);
    if (rule !== undefined && !rule.pattern.test(value)) throw new Error(`${name} must ${rule.must}`);
    return value;
  }

  /** At least so many characters. */
  secret(name: string, least = 8): string {
    return this.text(name, { pattern: new RegExp(`^.{${least},}$`), must: `have at least ${least} characters` });
  }

  url(name: string, ...protocols: string[]): URL {
    const url = URL.parse(this.text(name));
    if (url === null) throw new Error(`${name} must be a URL`);
    if (protocols.length > 0 && !protocols.includes(url.protocol.slice(0, -1))) {
      throw new Error(`${name} must begin with ${protocols.map((protocol) => `${protocol}://`).join(" or ")}`);
    }
    return url;
  }

  port(name: string, fallback?: number): number {
    const text = this.optional(name);
    const port = text === undefined ? fallback : Number(text);
    if (port === undefined) throw new Error(`${name} is not set`);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${name} must be a port: 1 to 65535`);
    return port;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.optional(name)?.toLowerCase();
    if (value === undefined) return fallback;
    if (value !== "true" && value !== "false") throw new Error(`${name} must be true or false`);
    return value === "true";
  }
}
