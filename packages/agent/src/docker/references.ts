/** Names of images. */

/** The registry part of a reference: "10.0.6.1:5000" of "10.0.6.1:5000/n8nio/n8n:2"; null for Docker Hub. */
export function registryOf(reference: string): string | null {
  const [first, ...rest] = reference.split("/");
  if (first === undefined || rest.length === 0) return null;
  return first.includes(".") || first.includes(":") || first === "localhost" ? first : null;
}

/** Written out as Docker reads it: "redis:8" is "docker.io/library/redis:8". */
export function fullReference(reference: string): string {
  if (registryOf(reference) !== null) return reference;
  return `docker.io/${reference.includes("/") ? "" : "library/"}${reference}`;
}
