/** What the hub keeps, in the inventory: join tokens, certificates, operations and events of agents. */
import { sql } from "kysely";
import * as z from "zod";
import { errorBodySchema } from "@berth/shared/api/errors";
import { phasesSchema } from "@berth/shared/operations/phases";
import type { ProtocolVersion } from "@berth/shared/protocol/version";
import type { AgentEventRecord, AgentRecord, AgentStore, JoinTokenClaim, PlacedInstance } from "../agents/store.ts";
import { addCertificate, adoptCertificate, findCertificate, revoke } from "./certificates.ts";
import { decodeOrNull, encode } from "./columns.ts";
import type { Inventory, Queryable } from "./database.ts";
import { recordEvent } from "./events.ts";
import { createInstanceNews, type IsNews } from "./instance-news.ts";
import { iso } from "./moments.ts";
import { listInstances, recordInstance, recordInstanceGone, recordObservation } from "./instances.ts";
import { isKnownNode, listNodes, recordAgent, recordNodeSeen, type NodeRecord } from "./nodes.ts";

const phases = phasesSchema.optional();
const outcomeSchema = z.discriminatedUnion("status", [
  z.strictObject({ status: z.literal("succeeded"), output: z.unknown(), phases }),
  z.strictObject({
    status: z.literal("failed"),
    error: errorBodySchema.shape.error.omit({ problems: true }),
    phases,
  }),
  z.strictObject({ status: z.literal("cancelled"), phases }),
]);

export function createAgentStore({ database }: Inventory): AgentStore {
  const news = createInstanceNews(database);
  return {
    async addJoinToken({ createdAt, expiresAt, ...token }) {
      await database
        .insertInto("joinTokens")
        .values({ ...token, createdAt: iso(createdAt), expiresAt: iso(expiresAt), ...unused })
        .execute();
    },
    async findJoinToken(id) {
      const row = await database.selectFrom("joinTokens").selectAll().where("id", "=", id).executeTakeFirst();
      if (row === undefined) return undefined;
      const { secretHash, node } = row;
      const usedAt = row.usedAt === null ? null : Date.parse(row.usedAt);
      return {
        id,
        secretHash,
        node,
        createdAt: Date.parse(row.createdAt),
        expiresAt: Date.parse(row.expiresAt),
        usedAt,
      };
    },
    claimJoinToken: (claim) => claimJoinToken(database, claim),
    completeEnrolment: (tokenId, record, pem) =>
      database.transaction().execute(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable("joinTokens")
          .set({ certificate: pem })
          .where("id", "=", tokenId)
          .where("certificate", "is", null)
          .executeTakeFirst();
        if (numUpdatedRows > 0n) {
          await addCertificate(transaction, record);
          return pem;
        }
        const row = await transaction
          .selectFrom("joinTokens")
          .select("certificate")
          .where("id", "=", tokenId)
          .executeTakeFirstOrThrow();
        return row.certificate ?? pem;
      }),

    addCertificate: (record) => addCertificate(database, record),
    adoptCertificate: (certificate) =>
      database.transaction().execute((transaction) => adoptCertificate(transaction, certificate)),
    findCertificate: (serial) => findCertificate(database, serial),
    revokeCertificates: (node, revocation) =>
      database.transaction().execute(async (transaction) => {
        await transaction.deleteFrom("joinTokens").where("node", "=", node).execute();
        return revoke(transaction, node, revocation);
      }),
    supersedeEnrolments: (node, enrolment, revocation) =>
      database.transaction().execute(async (transaction) => {
        const rows = await transaction
          .selectFrom("certificates")
          .select(["enrolment", (expression) => expression.fn.min("issuedAt").as("since")])
          .where("node", "=", node)
          .groupBy("enrolment")
          .execute();
        const since = rows.find((row) => row.enrolment === enrolment)?.since ?? "";
        const earlier = rows.filter((row) => row.since < since).map((row) => row.enrolment);
        return earlier.length === 0 ? [] : revoke(transaction, node, revocation, earlier);
      }),

    loadAgents: async () => {
      const enrolled = await database
        .selectFrom("certificates")
        .select("node")
        .distinct()
        .where("revokedAt", "is", null)
        .execute();
      const known = new Map((await listNodes(database)).map((node) => [node.name, node]));
      return enrolled.map(({ node }) => toAgent(node, known.get(node)));
    },
    saveAgents: (records) =>
      database.transaction().execute(async (transaction) => {
        for (const record of records) await saveAgent(transaction, record);
      }),

    loadObservedInstances: async () => (await listInstances(database)).flatMap(toPlacedInstance),
    replaceObservedInstances: (node, observedAt, instances) =>
      database.transaction().execute(async (transaction) => {
        if (await isKnownNode(transaction, node)) {
          await recordObservation(transaction, node, instances, iso(observedAt));
        }
      }),
    saveObservedInstance: async ({ node, observedAt, instance }) => {
      if (await isKnownNode(database, node)) await recordInstance(database, node, instance, iso(observedAt));
    },
    removeObservedInstance: (node, name, observedAt) => recordInstanceGone(database, node, name, iso(observedAt)),

    lastEventSequence: async (node, enrolment) => {
      const row = await database
        .selectFrom("agentEvents")
        .select((expression) => expression.fn.max("sequence").as("sequence"))
        .where("node", "=", node)
        .where("enrolment", "=", enrolment)
        .executeTakeFirst();
      return row?.sequence ?? -1;
    },
    addAgentEvents: (events) =>
      news.during((isNews) =>
        database.transaction().execute((transaction) => addAgentEvents(transaction, events, isNews)),
      ),
    addEvent: async ({ at, kind, node, instance, message, data }) => {
      const place = instance === null ? { node } : { node, instance };
      await recordEvent(database, { at: iso(at), kind, message, data, ...place });
    },

    openOperation: async ({ id, node, kind, at }) => {
      await database
        .insertInto("agentOperations")
        .values({ id, node, kind, openedAt: iso(at), settledAt: null, outcome: null })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const row = await database
        .selectFrom("agentOperations")
        .select("outcome")
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
      return decodeOrNull(outcomeSchema, row.outcome, `operation ${id}`) ?? undefined;
    },
    settleOperation: async (id, node, outcome, at) => {
      const { numUpdatedRows } = await database
        .updateTable("agentOperations")
        .set((expression) => ({
          settledAt: expression.fn.coalesce("settledAt", sql.val(iso(at))),
          outcome: expression.fn.coalesce("outcome", sql.val(encode(outcome))),
        }))
        .where("id", "=", id)
        .where("node", "=", node)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    unsettledOperations: async (node, ids) => {
      const rows = await database
        .selectFrom("agentOperations")
        .select("id")
        .where("node", "=", node)
        .where("outcome", "is", null)
        .execute();
      const unsettled = new Set(rows.map(({ id }) => id));
      return ids.filter((id) => unsettled.has(id));
    },
    prune: (before) => prune(database, before),
  };
}

const unused = { usedAt: null, publicKeyHash: null, certificate: null };

function claimJoinToken(database: Queryable, claim: JoinTokenClaim) {
  return database
    .updateTable("joinTokens")
    .set((expression) => ({
      usedAt: expression.fn.coalesce("usedAt", sql.val(iso(claim.now))),
      publicKeyHash: claim.publicKeyHash,
    }))
    .where("id", "=", claim.id)
    .where("secretHash", "=", claim.secretHash)
    .where((expression) => {
      const isFresh = [expression("usedAt", "is", null), expression("expiresAt", ">", iso(claim.now))];
      const isRepeated = [
        expression("publicKeyHash", "=", claim.publicKeyHash),
        expression("usedAt", ">", iso(claim.repeatableSince)),
      ];
      return expression.or([expression.and(isFresh), expression.and(isRepeated)]);
    })
    .returning(["node", "certificate"])
    .executeTakeFirst();
}

async function saveAgent(database: Queryable, record: AgentRecord & { online: boolean }): Promise<void> {
  const { node, agentVersion, protocol, clockSkewMilliseconds, facts, lastSeen, online } = record;
  if (online && agentVersion !== null && protocol !== null && facts !== null) {
    const report = { agentVersion, protocol: `${protocol.major}.${protocol.minor}`, facts };
    await recordAgent(database, node, { ...report, clockSkewMilliseconds: clockSkewMilliseconds ?? 0 });
  } else if (lastSeen !== null) {
    await recordNodeSeen(database, node, online ? "online" : "offline", iso(lastSeen));
  }
}

/** Answers with all that are new to the controller; history gets of them what changed something. */
async function addAgentEvents(
  database: Queryable,
  events: readonly AgentEventRecord[],
  isNews: IsNews,
): Promise<AgentEventRecord[]> {
  const added: AgentEventRecord[] = [];
  for (const event of events.toSorted((one, other) => one.sequence - other.sequence)) {
    const { node, enrolment, sequence, at, nodeAt, kind, instance, message, data } = event;
    const { numInsertedOrUpdatedRows } = await database
      .insertInto("agentEvents")
      .values({ node, enrolment, sequence, nodeAt: iso(nodeAt), receivedAt: iso(at) })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 0n) continue;
    added.push(event);
    if (!isNews(event)) continue;
    const place = instance === null ? { node } : { node, instance };
    await recordEvent(database, { at: iso(at), kind, message, data: { ...data, nodeAt: iso(nodeAt) }, ...place });
  }
  return added;
}

async function prune(
  database: Queryable,
  before: { operations: number; events: number; certificates: number },
): Promise<void> {
  await database.deleteFrom("agentOperations").where("openedAt", "<", iso(before.operations)).execute();
  await database.deleteFrom("joinTokens").where("expiresAt", "<", iso(before.certificates)).execute();
  await database.deleteFrom("certificates").where("notAfter", "<", iso(before.certificates)).execute();
  // The highest sequence stays: it tells the agent what it need not send again.
  await database
    .deleteFrom("agentEvents")
    .where("receivedAt", "<", iso(before.events))
    .where((expression) =>
      expression(
        "sequence",
        "<",
        expression
          .selectFrom("agentEvents as newest")
          .select((inner) => inner.fn.max("newest.sequence").as("sequence"))
          .whereRef("newest.node", "=", "agentEvents.node")
          .whereRef("newest.enrolment", "=", "agentEvents.enrolment"),
      ),
    )
    .execute();
}

function toAgent(node: string, record: NodeRecord | undefined): AgentRecord {
  return {
    node,
    agentVersion: record?.agentVersion ?? null,
    protocol: parseProtocol(record?.protocol ?? null),
    clockSkewMilliseconds: record?.clockSkewMilliseconds ?? null,
    facts: record?.facts ?? null,
    lastSeen: typeof record?.lastSeen === "string" ? Date.parse(record.lastSeen) : null,
  };
}

function parseProtocol(text: string | null): ProtocolVersion | null {
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(text ?? "") ?? [];
  return major === undefined || minor === undefined ? null : { major: Number(major), minor: Number(minor) };
}

function toPlacedInstance(row: Awaited<ReturnType<typeof listInstances>>[number]): PlacedInstance[] {
  const { name: instance, node, service, tenant, state, drift, containers } = row;
  const { observedHash: hash, observedVersion: version, observedAt } = row;
  if (hash === null || version === null || observedAt === null) return [];
  return [
    {
      node,
      observedAt: Date.parse(observedAt),
      instance: { instance, service, tenant, version, hash, state, drift, containers },
    },
  ];
}
