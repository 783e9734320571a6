/** What is asked at which path, and the rights that it takes (Qdrant's tests/consensus_tests/auth_tests/test_jwt_access.py). */
import { type Access, maySee, requireCollection, requireGlobal, type Requirements } from "./access.ts";
import {
  createCollection,
  createIndex,
  createVectorName,
  deleteIndex,
  deleteVectorName,
  presentCollection,
} from "./collections.ts";
import { notOffered } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import { parseIdText } from "./point-id.ts";
import { count, lookedUpCollections, query, retrieve, retrieveOne, scroll, search } from "./read-points.ts";
import { presentTelemetry } from "./service.ts";
import type { Snapshots } from "./snapshots.ts";
import type { Storage } from "./storage.ts";
import { clearPayload, deletePayloadKeys, deletePoints, setPayload, upsert } from "./write-points.ts";

export interface Stores {
  storage: Storage;
  snapshots: Snapshots;
}

export interface Asked extends Stores {
  access: Access;
  /** Of the path, decoded. */
  parameters: Readonly<Record<string, string>>;
  query: URLSearchParams;
  json: () => Promise<JsonObject>;
  /** The field `snapshot` of a form. */
  file: () => Promise<{ name: string; content: Buffer }>;
}

/** A file as it is, or what becomes `result` of a JSON answer. */
export type Answer = { file: Buffer } | { result: unknown };

export interface Route {
  method: string;
  /** `/collections/{collection}/points`. */
  path: string;
  /** Checked before anything of the body is read, and before it is asked whether the collection exists. */
  check: (access: Access, parameters: Readonly<Record<string, string>>) => void;
  answer: (asked: Asked) => Promise<Answer> | Answer;
}

type Handle = (asked: Asked, collection: string) => unknown;

function route(method: string, path: string, check: Route["check"], handle: Handle): Route {
  const answer = async (asked: Asked): Promise<Answer> => ({
    result: await handle(asked, asked.parameters["collection"] ?? ""),
  });
  return { method, path, check, answer };
}

const anybody: Route["check"] = () => undefined;

function onCollection(requirements: Requirements): Route["check"] {
  return (access, parameters) => requireCollection(access, parameters["collection"] ?? "", requirements);
}

function globally(requirements: Requirements): Route["check"] {
  return (access) => requireGlobal(access, requirements);
}

const reading = onCollection({});
const writing = onCollection({ write: true });
const readingExtras = onCollection({ extras: true });
const writingExtras = onCollection({ write: true, extras: true });
const managing = globally({ manage: true });

/** A write of points: the body's form, then the operation. */
function update(method: string, path: string, check: Route["check"], operate: Update): Route {
  return route(method, path, check, async (asked, collection) => {
    const operation = operate(asked, collection, await asked.json());
    return { operation_id: operation, status: asked.query.get("wait") === "true" ? "completed" : "acknowledged" };
  });
}
type Update = (asked: Asked, collection: string, request: JsonObject) => number;

/** A query is refused when it reads a collection, of whatever name, that its sender may not. */
function lookup(path: string, ask: (asked: Asked, collection: string, request: JsonObject) => unknown): Route {
  return route("POST", path, reading, async (asked, collection) => {
    const request = await asked.json();
    for (const other of lookedUpCollections(request)) requireCollection(asked.access, other, {});
    return ask(asked, collection, request);
  });
}

const collectionRoutes: Route[] = [
  route("GET", "/collections", anybody, ({ storage, access }) => ({
    collections: storage
      .collections()
      .filter((name) => maySee(access, name))
      .map((name) => ({ name })),
  })),
  route("GET", "/aliases", anybody, () => ({ aliases: [] })),
  route("POST", "/collections/aliases", managing, () => refuse("aliases")),
  route("GET", "/collections/{collection}", reading, ({ storage }, collection) =>
    presentCollection(storage, collection),
  ),
  route("PUT", "/collections/{collection}", managing, async ({ storage, json }, collection) => {
    createCollection(storage, collection, await json());
    return true;
  }),
  route("PATCH", "/collections/{collection}", managing, () => refuse("changes of a collection's parameters")),
  route("DELETE", "/collections/{collection}", managing, ({ storage }, collection) => storage.delete(collection)),
  route("GET", "/collections/{collection}/exists", reading, ({ storage }, collection) => ({
    exists: storage.find(collection) !== undefined,
  })),
  route("GET", "/collections/{collection}/aliases", reading, ({ storage }, collection) => {
    storage.require(collection);
    return { aliases: [] };
  }),
  update("PUT", "/collections/{collection}/index", writingExtras, ({ storage }, collection, request) =>
    createIndex(storage, collection, request),
  ),
  update("DELETE", "/collections/{collection}/index/{field}", writingExtras, ({ storage, parameters }, collection) =>
    deleteIndex(storage, collection, parameters["field"] ?? ""),
  ),
  update(
    "PUT",
    "/collections/{collection}/vectors/{vector}",
    writingExtras,
    ({ storage, parameters }, collection, request) =>
      createVectorName(storage, collection, parameters["vector"] ?? "", request),
  ),
  update("DELETE", "/collections/{collection}/vectors/{vector}", writingExtras, ({ storage, parameters }, collection) =>
    deleteVectorName(storage, collection, parameters["vector"] ?? ""),
  ),
];

const points = "/collections/{collection}/points";
const pointRoutes: Route[] = [
  route("POST", points, reading, async ({ storage, json }, collection) => retrieve(storage, collection, await json())),
  route("GET", `${points}/{id}`, reading, ({ storage, parameters }, collection) =>
    retrieveOne(storage, collection, parseIdText(parameters["id"] ?? "")),
  ),
  route("POST", `${points}/scroll`, reading, async ({ storage, json }, collection) =>
    scroll(storage, collection, await json()),
  ),
  route("POST", `${points}/count`, reading, async ({ storage, json }, collection) =>
    count(storage, collection, await json()),
  ),
  lookup(`${points}/query`, ({ storage }, collection, request) => query(storage, collection, request)),
  lookup(`${points}/search`, ({ storage }, collection, request) => search(storage, collection, request)),
  lookup(`${points}/recommend`, () => refuse("recommendations")),
  update("PUT", points, writing, ({ storage }, collection, request) => upsert(storage, collection, request)),
  update("POST", `${points}/delete`, writing, ({ storage }, collection, request) =>
    deletePoints(storage, collection, request),
  ),
  update("POST", `${points}/payload`, writing, ({ storage }, collection, request) =>
    setPayload(storage, collection, request, false),
  ),
  update("PUT", `${points}/payload`, writing, ({ storage }, collection, request) =>
    setPayload(storage, collection, request, true),
  ),
  update("POST", `${points}/payload/delete`, writing, ({ storage }, collection, request) =>
    deletePayloadKeys(storage, collection, request),
  ),
  update("POST", `${points}/payload/clear`, writing, ({ storage }, collection, request) =>
    clearPayload(storage, collection, request),
  ),
  route("POST", `${points}/batch`, writing, () => refuse("several updates in one request")),
];

const snapshotsPath = "/collections/{collection}/snapshots";
const snapshotRoutes: Route[] = [
  route("GET", snapshotsPath, readingExtras, ({ snapshots }, collection) => snapshots.list(collection)),
  route("POST", snapshotsPath, writingExtras, ({ snapshots }, collection) => snapshots.create(collection, new Date())),
  route("POST", `${snapshotsPath}/upload`, managing, async ({ snapshots, query: options, file }, collection) => {
    snapshots.upload(collection, await file(), options.get("checksum") ?? undefined);
    return true;
  }),
  route("PUT", `${snapshotsPath}/recover`, managing, async ({ snapshots, json }, collection) => {
    await snapshots.recover(collection, await json());
    return true;
  }),
  {
    method: "GET",
    path: `${snapshotsPath}/{snapshot}`,
    check: readingExtras,
    answer: ({ snapshots, parameters }) => ({
      file: snapshots.read(parameters["collection"] ?? "", parameters["snapshot"] ?? ""),
    }),
  },
  route("DELETE", `${snapshotsPath}/{snapshot}`, writingExtras, ({ snapshots, parameters }, collection) => {
    snapshots.delete(collection, parameters["snapshot"] ?? "");
    return true;
  }),
  route("GET", "/snapshots", globally({}), () => []),
  route("POST", "/snapshots", managing, () => refuse("snapshots of the whole server")),
  route("GET", "/snapshots/{snapshot}", globally({}), () => refuse("snapshots of the whole server")),
  route("DELETE", "/snapshots/{snapshot}", managing, () => refuse("snapshots of the whole server")),
];

const serviceRoutes: Route[] = [
  route("GET", "/telemetry", anybody, ({ storage, access }) =>
    presentTelemetry(storage.collections().filter((name) => maySee(access, name)).length),
  ),
  route("GET", "/metrics", globally({}), () => refuse("metrics")),
  route("GET", "/cluster", globally({}), () => ({ status: "disabled" })),
  route("GET", "/issues", anybody, () => ({ issues: [] })),
];

export const routes: readonly Route[] = [...serviceRoutes, ...collectionRoutes, ...snapshotRoutes, ...pointRoutes];

function refuse(what: string): never {
  throw notOffered(what);
}
