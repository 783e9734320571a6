/**
 * How Berth knows its own LXCs: a tag, which the list of LXCs shows, and a line of the description, which stays when
 * somebody tidies up the tags. Names hold no dots, so `berth.<fleet>.<node>` cannot mean two nodes.
 */
export interface Marker {
  tag: string;
  description: string;
  isIn: (guest: { tags: string; description?: string }) => boolean;
}

const commonTag = "berth";
const descriptionKey = "berth-node=";

export function markerOf(fleet: string, node: string): Marker {
  const tag = `${commonTag}.${fleet}.${node}`;
  const line = `${descriptionKey}${fleet}/${node}`;
  return {
    tag,
    description: `Managed by Berth. Changes made here are put back by its next run.\n${line}`,
    isIn: ({ tags, description = "" }) =>
      splitTags(tags).includes(tag) || description.split(/\r?\n/).some((text) => text.trim() === line),
  };
}

/** Name of the fleet's node that has this LXC, or null when it is none of the fleet's. */
export function nodeOfTags(fleet: string, tags: string): string | null {
  const prefix = `${commonTag}.${fleet}.`;
  const own = splitTags(tags).find((tag) => tag.startsWith(prefix));
  return own === undefined ? null : own.slice(prefix.length);
}

/** The tags with those of the marker among them, in the form in which Proxmox VE takes them. */
export function withMarkerTags(tags: string, marker: Marker): string {
  return [...new Set([...splitTags(tags), commonTag, marker.tag])].join(";");
}

export function splitTags(tags: string): string[] {
  return tags.split(/[;, ]+/).filter((tag) => tag !== "");
}
