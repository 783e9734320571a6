/** The little XML that S3 needs: elements with text, no attributes but a namespace. */

/** Finished markup; what is text has been escaped. */
export interface Markup {
  markup: string;
}

type Content = string | number | boolean | Markup | undefined | readonly Content[];

/** An element; undefined content is left out, so that an absent value gives no element of a list. */
export function element(name: string, ...content: Content[]): Markup {
  return { markup: `<${name}>${content.map(render).join("")}</${name}>` };
}

/** The element, or nothing without a value. */
export function optional(name: string, value: string | number | undefined): Markup {
  return value === undefined ? { markup: "" } : element(name, value);
}

/** A document whose root lies in S3's namespace. */
export function document(name: string, ...content: Content[]): string {
  const root = element(name, ...content).markup.replace(
    `<${name}>`,
    `<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
}

function render(content: Content): string {
  if (content === undefined) return "";
  if (typeof content !== "object") return escape(String(content));
  return "markup" in content ? content.markup : content.map(render).join("");
}

function escape(text: string): string {
  // Control characters but tab and line feed have no place in XML 1.0, whatever a key is called.
  return text.replaceAll(/[&<>"'\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** An element as it was read. */
export interface Element {
  name: string;
  children: Element[];
  text: string;
}

const token = /<\?[^?]*\?>|<(\/?)([\w:.-]+)[^<>]*?(\/?)>|([^<]+)/gy;
const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const mostElements = 20_000;

/** The root element, or undefined for what is not well-formed (declarations of types and entities are not read). */
export function parse(source: string): Element | undefined {
  const top: Element = { name: "", children: [], text: "" };
  const open = [top];
  let read = 0;
  let count = 0;
  for (const match of source.matchAll(token)) {
    const current = open.at(-1);
    if (match.index !== read || current === undefined) return undefined;
    read += match[0].length;
    const [, closing, name, empty, text] = match;
    if (text !== undefined) current.text += unescape(text);
    else if (name !== undefined && closing === "/") {
      if (open.length === 1 || open.pop()?.name !== name) return undefined;
    } else if (name !== undefined) {
      count += 1;
      if (count > mostElements) return undefined;
      const child: Element = { name, children: [], text: "" };
      current.children.push(child);
      if (empty !== "/") open.push(child);
    }
  }
  return read === source.length && open.length === 1 && top.children.length === 1 ? top.children[0] : undefined;
}

/** Text of the first child of that name. */
export function childText(parent: Element, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}

function unescape(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hexadecimal, decimal, named) => {
    if (typeof named === "string") return entities[named] ?? whole;
    const code = typeof hexadecimal === "string" ? Number.parseInt(hexadecimal, 16) : Number(decimal);
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
  });
}
