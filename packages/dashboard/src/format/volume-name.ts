/** Docker gives a volume without a name 64 digits; it takes the first of them for the whole. */
export function shortVolumeName(name: string): string {
  return /^[0-9a-f]{64}$/.test(name) ? `${name.slice(0, 12)}…` : name;
}
