/** Looking at a server's certificate before it is trusted. */
import { connect, type DetailedPeerCertificate, type PeerCertificate, type TLSSocket } from "node:tls";
import { BerthError } from "@berth/shared/errors";
import { tlsFailure } from "./tls-failure.ts";

const deadlineMilliseconds = 10_000;

/** What a server shows of itself. */
export interface SeenCertificate {
  /** Trusted by the system's CAs, for this host. */
  trusted: boolean;
  /** SHA-256, `AA:BB:…`. */
  fingerprint: string;
  subject: string;
  names: string;
  validTo: string;
  /** PEM. */
  certificate: string;
}

/**
 * The certificate at the top of the chain that the server sends: its CA where it sends one, otherwise its own.
 * The connection is closed before a byte of a request is sent, so showing what is not trusted gives nothing away.
 */
export async function seeCertificate(url: URL, ca?: string): Promise<SeenCertificate> {
  const hostname = url.hostname.replaceAll(/[[\]]/g, "");
  const socket = connect({
    host: hostname,
    port: url.port === "" ? 443 : Number(url.port),
    ...(/^[\d.]+$|:/.test(hostname) ? {} : { servername: hostname }),
    ...(ca === undefined ? {} : { ca, allowPartialTrustChain: true }),
    // Only to look: `trusted` carries the verdict, and every request afterwards verifies.
    rejectUnauthorized: false,
  });
  try {
    await connected(socket, url);
    const trusted = socket.authorized;
    return { trusted, ...describe(topOf(socket.getPeerCertificate(true))) };
  } finally {
    socket.destroy();
  }
}

function connected(socket: TLSSocket, url: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void =>
      reject(
        new BerthError("controller.unreachable", `No TLS connection to ${url.origin} could be made: ${reason}.`, {
          hint: "Check address and port: a controller's TLS port is 8421 unless its fleet says otherwise.",
        }),
      );
    socket.setTimeout(deadlineMilliseconds, () => fail(`no answer within ${deadlineMilliseconds / 1000} s`));
    socket.once("error", (error) => {
      const failure = tlsFailure(url, error);
      if (failure === undefined) fail(error.message);
      else reject(failure);
    });
    socket.once("secureConnect", resolve);
  });
}

function topOf(certificate: DetailedPeerCertificate): DetailedPeerCertificate {
  let top = certificate;
  // The top of a chain is its own issuer.
  while (top.issuerCertificate !== undefined && top.issuerCertificate.fingerprint256 !== top.fingerprint256) {
    top = top.issuerCertificate;
  }
  return top;
}

function describe(certificate: PeerCertificate): Omit<SeenCertificate, "trusted"> {
  return {
    fingerprint: certificate.fingerprint256,
    subject: String(certificate.subject?.CN ?? ""),
    names: certificate.subjectaltname ?? "",
    validTo: certificate.valid_to,
    certificate: toPem(certificate.raw),
  };
}

function toPem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
