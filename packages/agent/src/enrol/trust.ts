/**
 * Knowing the controller before trusting it. The join token carries the SHA-256 of the controller's CA certificate.
 * One connection only looks at the certificates that the controller shows, and sends nothing; when their root has that
 * fingerprint, it is the only authority of every connection that follows, verified in the ordinary way.
 */
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { BerthError } from "@berth/shared/errors";
import { within } from "../deadline.ts";

const connectMilliseconds = 10_000;
const longestChain = 8;

/** PEM of the controller's CA. Fails when the chain it shows does not end in the CA of that fingerprint. */
export async function fetchPinnedCa(controller: URL, fingerprint: string): Promise<string> {
  const chain = await within(fetchChain(controller), connectMilliseconds, `the certificate of ${controller.host}`);
  const root = chain.find((der) => createHash("sha256").update(der).digest("hex") === fingerprint);
  if (root === undefined) {
    throw new BerthError("token.invalid", `${controller.host} is not the controller that made this join token.`, {
      hint: "Its CA has another fingerprint: check the address, and that nothing stands between.",
    });
  }
  return pem(root);
}

/** The certificates as shown, leaf first. Nothing is sent, and nothing received is believed before it is compared. */
async function fetchChain(controller: URL): Promise<Buffer[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer[]>();
  const socket = connect({
    host: controller.hostname.replace(/^\[|\]$/g, ""),
    port: Number(controller.port || 443),
    minVersion: "TLSv1.3",
    // Looks only: fetchPinnedCa compares the fingerprint, and every later connection verifies with the CA so found.
    rejectUnauthorized: false,
  });
  socket.once("secureConnect", () => {
    resolve(chainOf(socket));
  });
  socket.once("error", (error) => {
    reject(new BerthError("controller.unreachable", `No connection to ${controller.host}: ${error.message}`));
  });
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

function chainOf(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = [];
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (certificate?.raw !== undefined && chain.length < longestChain) {
    chain.push(certificate.raw);
    const issuer: DetailedPeerCertificate | undefined = certificate.issuerCertificate;
    certificate = issuer === certificate ? undefined : issuer;
  }
  return chain;
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

/** Fails when the certificate was not made for this key by this CA. */
export function checkIssued(certificate: string, key: string, ca: string): void {
  const [made, authority] = [new X509Certificate(certificate), new X509Certificate(ca)];
  const isOurs = made.checkPrivateKey(createPrivateKey(key));
  if (!isOurs || !made.checkIssued(authority) || !made.verify(authority.publicKey)) {
    throw new BerthError("protocol.invalid", "The controller answered with a certificate that is not this node's.");
  }
}
