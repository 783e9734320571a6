/** The mistakes of YAML itself, each in one sentence that says what to do. */
import type { YAMLParseError } from "yaml";

type Code = YAMLParseError["code"];

const bracket = "inside { } and [ ] a comma belongs between two entries";
const properties = "an anchor (&name) or tag (!name) stands once, right before its value";
const tag = "has a tag (!name) that does not go with its value; leave it out";
const indentation = "is not indented like what it belongs to, or a bracket above is not closed";

const sentences: Record<Code, string> = {
  ALIAS_PROPS: "an alias (*name) has no anchor or tag of its own",
  BAD_ALIAS: "an alias is '*' and the name of an anchor",
  BAD_COLLECTION_TYPE: tag,
  BAD_DIRECTIVE: "a line that starts with '%' is a directive of YAML; leave it out",
  BAD_DQ_ESCAPE: "is no escape that YAML knows; write a backslash in single quotes, or twice",
  BAD_INDENT: indentation,
  BAD_PROP_ORDER: properties,
  BAD_SCALAR_START: "a value cannot start with this character; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "has another 'key: value' inside it; put the value in quotes, or mend the indentation below",
  BLOCK_IN_FLOW: bracket,
  DUPLICATE_KEY: "stands above already; a key stands once in its map",
  IMPOSSIBLE: "is not YAML",
  KEY_OVER_1024_CHARS: "a key is at most 1024 characters long",
  MISSING_CHAR: "a quote, bracket, comma or ':' is missing here or above",
  MULTILINE_IMPLICIT_KEY: "is a key without ': ' after it, or indented too far",
  MULTIPLE_ANCHORS: properties,
  MULTIPLE_DOCS: "the file must be one YAML document; take out this '---' and what follows it",
  MULTIPLE_TAGS: properties,
  NON_STRING_KEY: "a key is a piece of text",
  RESOURCE_EXHAUSTION: "is nested too deeply",
  TAB_AS_INDENT: "is indented with a tab; use spaces",
  TAG_RESOLVE_FAILED: tag,
  UNEXPECTED_TOKEN: "does not belong here; look for a bracket, quote or indentation that is wrong above",
};

/** `text` is the whole file's. */
export function yamlSentence({ code, pos }: YAMLParseError, text: string): string {
  const sentence = sentences[code];
  return code === "DUPLICATE_KEY" ? `'${text.slice(...pos)}' ${sentence}` : sentence;
}
