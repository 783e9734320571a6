/** What can come back from the Proxmox VE API other than what was asked for, and what it means to a user. */
import { BerthError } from "@berth/shared/errors";

/** The API answered, and said no. Its words come in the status line, those about parameters in the body. */
export class ProxmoxRefusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string) {
    super(`${status} ${reason}`);
    this.name = "ProxmoxRefusal";
    this.status = status;
    this.reason = reason;
  }

  /**
   * Whether the request was surely not carried out. 5xx leave that open: pveproxy gives 595 to 599 when it lost its
   * worker or another node of the cluster, and a 500 may come after the work has begun.
   */
  get definite(): boolean {
    return this.status < 500 || this.status === 501;
  }
}

/** No answer came back: refused, reset, timed out or cut short. Whether the request was carried out is not known. */
export class ProxmoxSilence extends Error {
  readonly code: string | undefined;

  constructor(cause: unknown) {
    const deepest = rootCause(cause);
    super(deepest.message, { cause });
    this.name = "ProxmoxSilence";
    this.code = deepest.code;
  }
}

const untrustedCodes = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_SIGNATURE_FAILURE",
]);
const invalidCertificateCodes = new Set(["ERR_TLS_CERT_ALTNAME_INVALID", "CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);

export interface Endpoint {
  host: string;
  port: number;
  caFile?: string | undefined;
}

/** The failure of `action` ("create CT 110") as a user should read it. */
export function explainFailure(error: unknown, action: string, endpoint: Endpoint): BerthError {
  if (error instanceof BerthError) return error;
  const where = `Proxmox VE at ${endpoint.host}:${endpoint.port}`;
  if (error instanceof ProxmoxRefusal) return explainRefusal(error, action, where);
  if (error instanceof ProxmoxSilence) return explainSilence(error, action, where, endpoint);
  const message = error instanceof Error ? error.message : String(error);
  return new BerthError("proxmox.failed", `${where} could not ${action}: ${message}`, { cause: error });
}

function explainRefusal(refusal: ProxmoxRefusal, action: string, where: string): BerthError {
  const sentence = `${where} did not ${action}: ${refusal.reason}`;
  switch (refusal.status) {
    case 401:
      return new BerthError("proxmox.refused", sentence, {
        hint: "Check tokenId and the file tokenSecretFile names (or rootPasswordFile): the token must exist and not be expired; root@pam must have no second factor.",
        cause: refusal,
      });
    case 403:
      return new BerthError("proxmox.refused", sentence, {
        hint: "Give user and token the missing privilege, for instance with: pveum acl modify PATH --tokens USER@REALM!TOKEN --roles PVEVMAdmin,PVEDatastoreUser,PVESDNUser",
        cause: refusal,
      });
    default:
      return new BerthError(refusal.definite ? "proxmox.refused" : "proxmox.failed", sentence, { cause: refusal });
  }
}

function explainSilence(silence: ProxmoxSilence, action: string, where: string, endpoint: Endpoint): BerthError {
  const code = silence.code ?? "";
  if (untrustedCodes.has(code)) {
    return new BerthError(
      "proxmox.refused",
      `${where} presents a certificate that is not trusted: ${silence.message}`,
      {
        hint: `Copy /etc/pve/pve-root-ca.pem of that host (over SSH, say) to this machine and name the copy ${
          endpoint.caFile === undefined ? "as caFile of the connection" : `in place of ${endpoint.caFile}`
        }.`,
        cause: silence,
      },
    );
  }
  if (invalidCertificateCodes.has(code)) {
    return new BerthError("proxmox.refused", `${where} presents a certificate that does not hold: ${silence.message}`, {
      hint: "Use a host name or address that the certificate is made for, and check the clocks of both machines.",
      cause: silence,
    });
  }
  return new BerthError("proxmox.failed", `${where} did not answer when asked to ${action}: ${silence.message}`, {
    hint: `Check that ${endpoint.host} is up and that port ${endpoint.port} is open to this machine.`,
    cause: silence,
  });
}

function rootCause(error: unknown): { message: string; code: string | undefined } {
  let current: unknown = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  // Several addresses were tried (IPv6, IPv4): the first failure is as good as any.
  if (current instanceof AggregateError) current = current.errors[0];
  const message = current instanceof Error ? current.message : String(current);
  const code = current instanceof Error && "code" in current ? String(current.code) : undefined;
  return { message, code };
}
