/** Proofs as the inventory keeps them. */
import type { Selectable } from "kysely";
import * as z from "zod";
import { proofSchema, type Proof } from "@berth/shared/api/drills";
import { check, decode, encode } from "./columns.ts";
import type { Queryable } from "./database.ts";
import type { ProofsTable } from "./tables/proofs.ts";

const { by: bySchema, level: levelSchema, parts: partsSchema } = proofSchema.shape;

/** The newest first. */
export async function listProofs(database: Queryable): Promise<Proof[]> {
  const rows = await database.selectFrom("proofs").selectAll().orderBy("at", "desc").orderBy("subject").execute();
  return rows.map(toProof);
}

/**
 * In place of an earlier one of the same backup, unless that one is newer. Of backups that are gone, each subject's last
 * proof stays. Call it in a transaction.
 */
export async function putProof(database: Queryable, proof: Proof): Promise<void> {
  const row = { ...proof, parts: encode(proof.parts) };
  await database
    .insertInto("proofs")
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(["backup", "subject"]).doUpdateSet(row).where("proofs.at", "<=", proof.at),
    )
    .execute();
  await database
    .deleteFrom("proofs")
    .where("subject", "=", proof.subject)
    .where("at", "<", proof.at)
    .where("backup", "not in", (query) => query.selectFrom("backups").select("id"))
    .execute();
}

function toProof(row: Selectable<ProofsTable>): Proof {
  const what = `proof of ${row.subject} in ${row.backup}`;
  return {
    ...row,
    by: check(bySchema, row.by, what),
    level: check(levelSchema, row.level, what),
    parts: decode(z.array(partsSchema.element), row.parts, what),
  };
}
