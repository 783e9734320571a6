/** The one door to the certificate library, which needs a Reflect polyfill loaded before it. */
// oxlint-disable-next-line import/no-unassigned-import -- what it does is all it is for
import "reflect-metadata";

export * from "@peculiar/x509";
