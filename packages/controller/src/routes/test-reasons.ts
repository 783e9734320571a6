/** Why a route did not answer, in words. Pure. */
import type { Route } from "@berth/shared/api/routes";

/** null: the answer is that of a service in health. */
export function statusReason(status: number, { healthCheck }: Pick<Route, "healthCheck">): string | null {
  if (status === 404) return "HTTP 404: the router does not have this route (yet), or the service has no such page";
  if (status === 503) return "HTTP 503: the router finds no healthy server behind the route";
  if (status === 502) return "HTTP 502: the router cannot reach the server behind the route";
  if (status === 504) return "HTTP 504: the server did not answer the router in time";
  const isFine = healthCheck === null ? status < 500 : status >= 200 && status < 300;
  return isFine ? null : `HTTP ${status}`;
}

/** `door` is what was connected to. */
export function failureReason(error: unknown, door: { address: string; port: number }): string {
  const where = `${door.address}:${door.port}`;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const message = error instanceof Error ? error.message : String(error);
  if (code === "ECONNREFUSED") return `nothing listens at ${where}`;
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH") return `there is no way to ${where}`;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `the certificate at ${where} is for other names: ${message}`;
  if (code.includes("CERT") || code.startsWith("UNABLE_TO_")) {
    return `the certificate at ${where} is not trusted: ${message}; see routes.router.caFile`;
  }
  return `the connection to ${where} failed: ${message}`;
}
