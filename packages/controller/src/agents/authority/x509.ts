/** The one door to the certificate library, which needs a Reflect polyfill loaded before it. */
// oxlint-disable-next-line import/no-unassigned-import -- the polyfill works by being loaded
import "reflect-metadata";

export * from "@peculiar/x509";
