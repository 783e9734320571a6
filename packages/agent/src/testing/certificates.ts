/** A certificate authority for a test, as the controller has one. */
import { createHash, webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "../enrol/x509.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const serverAuth = "1.3.6.1.5.5.7.3.1";
const clientAuth = "1.3.6.1.5.5.7.3.2";
const day = 24 * 3600 * 1000;

export interface TestAuthority {
  pem: string;
  fingerprint: string;
  /** For 127.0.0.1. */
  issueServer(): Promise<{ certificate: string; key: string }>;
  /** `age` and `days`: how long ago it began, and how long it lives. */
  issueAgent(csr: string, node: string, life?: { age: number; days: number }): Promise<string>;
}

export async function makeAuthority(): Promise<TestAuthority> {
  cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const ca = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=Test authority",
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + 365 * day),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const sign = signer(ca, keys.privateKey);
  return {
    pem: ca.toString("pem"),
    fingerprint: createHash("sha256").update(Buffer.from(ca.rawData)).digest("hex"),
    issueServer: async () => {
      const server = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const certificate = await sign(server.publicKey, "controller", { age: 1, days: 90 }, [
        new ExtendedKeyUsageExtension([serverAuth]),
        new SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }]),
      ]);
      const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", server.privateKey)).toString("base64");
      const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`;
      return { certificate: certificate.toString("pem"), key };
    },
    issueAgent: async (csr, node, life = { age: 1, days: 90 }) => {
      const request = new Pkcs10CertificateRequest(csr);
      const publicKey = await request.publicKey.export();
      const certificate = await sign(publicKey, node, life, [new ExtendedKeyUsageExtension([clientAuth])]);
      return certificate.toString("pem");
    },
  };
}

type Extensions =
  ConstructorParameters<typeof ExtendedKeyUsageExtension> extends never
    ? never
    : NonNullable<Parameters<typeof X509CertificateGenerator.create>[0]["extensions"]>;

function signer(ca: X509Certificate, signingKey: webcrypto.CryptoKey) {
  let serial = 1;
  return async (
    publicKey: webcrypto.CryptoKey,
    name: string,
    { age, days }: { age: number; days: number },
    extensions: Extensions,
  ): Promise<X509Certificate> => {
    serial += 1;
    return X509CertificateGenerator.create({
      serialNumber: serial.toString(16).padStart(4, "0"),
      subject: `CN=${name}`,
      issuer: ca.subject,
      notBefore: new Date(Date.now() - age * day),
      notAfter: new Date(Date.now() + (days - age) * day),
      publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      extensions,
    });
  };
}
