/** Certificates of agents: issued, revoked, and taken in by a controller that was rebuilt from a backup. */
import type { CertificateRecord, KnownCertificate } from "../agents/store.ts";
import type { Queryable } from "./database.ts";
import { recordEvent } from "./events.ts";
import { iso } from "./moments.ts";
import { isKnownNode } from "./nodes.ts";
import { listRebuilds } from "./recovery.ts";

export async function addCertificate(
  database: Queryable,
  { issuedAt, notAfter, ...record }: CertificateRecord,
): Promise<void> {
  await database
    .insertInto("certificates")
    .values({ ...record, issuedAt: iso(issuedAt), notAfter: iso(notAfter), revokedAt: null, revocation: null })
    .execute();
}

export async function revoke(
  database: Queryable,
  node: string,
  { at, reason }: { at: number; reason: string },
  enrolments?: readonly string[],
): Promise<string[]> {
  let update = database
    .updateTable("certificates")
    .set({ revokedAt: iso(at), revocation: reason })
    .where("node", "=", node)
    .where("revokedAt", "is", null);
  if (enrolments !== undefined) update = update.where("enrolment", "in", enrolments);
  const rows = await update.returning("serial").execute();
  return rows.map(({ serial }) => serial);
}

/** Certificates tell whole seconds. */
const certificateMilliseconds = 1000;

export async function adoptCertificate(
  database: Queryable,
  certificate: Omit<CertificateRecord, "enrolment">,
): Promise<boolean> {
  const { serial, node, issuedAt } = certificate;
  if ((await findCertificate(database, serial)) !== undefined || !(await isKnownNode(database, node))) return false;
  const rebuild = (await listRebuilds(database)).find(
    ({ backedUpAt, rebuiltAt }) =>
      issuedAt > Date.parse(backedUpAt) - certificateMilliseconds && issuedAt <= Date.parse(rebuiltAt),
  );
  if (rebuild === undefined) return false;
  // An enrolment of its own: whether the node was enrolled anew since, or renewed its certificate, nobody knows.
  await addCertificate(database, { ...certificate, enrolment: `rebuilt-${serial}` });
  const message = `A certificate of '${node}' was taken in that was issued after the backup which the controller was rebuilt from`;
  await recordEvent(database, { kind: "certificate.adopted", node, message, data: { serial, backup: rebuild.backup } });
  return true;
}

/** When the last certificate of each node ends that was not revoked. Milliseconds since the epoch. */
export async function listCertificateEnds(database: Queryable): Promise<{ node: string; notAfter: number }[]> {
  const rows = await database
    .selectFrom("certificates")
    .select(({ fn }) => ["node", fn.max("notAfter").as("notAfter")])
    .where("revokedAt", "is", null)
    .groupBy("node")
    .orderBy("node")
    .execute();
  return rows.map(({ node, notAfter }) => ({ node, notAfter: Date.parse(notAfter) }));
}

export async function findCertificate(database: Queryable, serial: string): Promise<KnownCertificate | undefined> {
  const row = await database.selectFrom("certificates").selectAll().where("serial", "=", serial).executeTakeFirst();
  if (row === undefined) return undefined;
  const { node, enrolment, revokedAt, revocation } = row;
  return {
    serial,
    node,
    enrolment,
    issuedAt: Date.parse(row.issuedAt),
    notAfter: Date.parse(row.notAfter),
    revoked: revokedAt === null ? null : { at: Date.parse(revokedAt), reason: revocation ?? "" },
  };
}
