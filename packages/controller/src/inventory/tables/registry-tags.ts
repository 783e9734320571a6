/** Versions that registries had of an image when they were asked last. */
export interface RegistryTagsTable {
  /** Reference without a tag. */
  image: string;
  /** JSON. */
  tags: string;
  /** JSON: digests by tag, of those that were in use. */
  digests: string;
  /** ISO 8601 in UTC. */
  checkedAt: string;
}
