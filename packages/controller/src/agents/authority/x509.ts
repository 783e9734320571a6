/** The one door to the certificate library, which needs a Reflect polyfill loaded before it. */
import "reflect-metadata";

export * from "@peculiar/x509";
