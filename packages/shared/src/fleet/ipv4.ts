/** IPv4 networks, as numbers. Pure. */

/** Addresses are dotted quads, as the schema has checked. */
export interface Network {
  first: number;
  last: number;
}

export function networkOf(address: string, prefixLength: number): Network {
  const size = 2 ** (32 - prefixLength);
  const first = Math.floor(toNumber(address) / size) * size;
  return { first, last: first + size - 1 };
}

export function isInNetwork(address: string, { first, last }: Network): boolean {
  const number = toNumber(address);
  return first <= number && number <= last;
}

/** `10.0.6.0/24` */
export function formatNetwork({ first, last }: Network): string {
  return `${formatAddress(first)}/${32 - Math.log2(last - first + 1)}`;
}

/** `10.0.6.14` */
export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

export function toNumber(address: string): number {
  return address.split(".").reduce((number, octet) => number * 256 + Number(octet), 0);
}
