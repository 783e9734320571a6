/** Versions that registries had of an image when they were asked last. */
export interface RegistryTagsTable {
  /** Reference without a tag. */
  image: string;
  /** JSON. */
  tags: string;
  /** ISO 8601 in UTC. */
  checkedAt: string;
}
