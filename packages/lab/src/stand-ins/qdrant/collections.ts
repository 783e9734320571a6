/** Making, telling of and changing collections. */
import type { Schemas } from "@qdrant/js-client-rest";
import { alreadyExists, invalid, malformed, notOffered } from "./errors.ts";
import { asObject, asText, isAbsent, isObject, type JsonObject } from "./json.ts";
import type { CollectionSettings, Storage } from "./storage.ts";
import { parseVectorSettings, parseVectorsSettings, presentVectorsSettings } from "./vectors.ts";

/** Lead to other files on one system or another. */
const forbiddenCharacters = ["<", ">", ":", '"', "/", "\\", "|", "?", "*", "\u0000", "\u001F"];
const fieldTypes = ["keyword", "integer", "float", "geo", "text", "bool", "datetime", "uuid"] as const;
type FieldType = (typeof fieldTypes)[number];

/** Qdrant's defaults (config/config.yaml). */
const hnswDefaults = { m: 16, ef_construct: 100, full_scan_threshold: 10_000, max_indexing_threads: 0, on_disk: false };
const optimizerDefaults = {
  deleted_threshold: 0.2,
  vacuum_min_vector_number: 1000,
  default_segment_number: 0,
  max_segment_size: null,
  memmap_threshold: null,
  indexing_threshold: 10_000,
  flush_interval_sec: 5,
  max_optimization_threads: null,
};

export function createCollection(storage: Storage, name: string, request: JsonObject): void {
  const character = forbiddenCharacters.find((candidate) => name.includes(candidate));
  if (character !== undefined) throw invalid(`collection_name: collection name cannot contain "${character}" char`);
  const byteLength = Buffer.byteLength(name);
  if (byteLength < 1 || byteLength > 255)
    throw invalid("collection_name: value invalid, must be from 1 to 255 characters");
  if (!isAbsent(request["sparse_vectors"])) throw notOffered("sparse vectors");
  const settings: CollectionSettings = {
    vectors: parseVectorsSettings(request["vectors"]),
    hnsw: isAbsent(request["hnsw_config"]) ? {} : asObject(request["hnsw_config"], "hnsw_config"),
  };
  if (storage.find(name) !== undefined) throw alreadyExists(name);
  storage.create(name, settings);
}

export function presentCollection(storage: Storage, name: string): Schemas["CollectionInfo"] {
  const { vectors, hnsw } = storage.require(name);
  const points = storage.countPoints(name);
  const indexes = [...storage.indexes(name)].map(([field, schema]) => [field, presentIndex(schema, points)] as const);
  return {
    status: "green",
    optimizer_status: "ok",
    indexed_vectors_count: 0,
    points_count: points,
    segments_count: 1,
    config: {
      params: {
        vectors: presentVectorsSettings(vectors),
        shard_number: 1,
        replication_factor: 1,
        write_consistency_factor: 1,
        on_disk_payload: true,
      },
      hnsw_config: { ...hnswDefaults, ...hnsw },
      optimizer_config: optimizerDefaults,
      wal_config: { wal_capacity_mb: 32, wal_segments_ahead: 0 },
      quantization_config: null,
    },
    payload_schema: Object.fromEntries(indexes),
  };
}

function presentIndex(schema: unknown, points: number): Schemas["PayloadIndexInfo"] {
  const type = fieldType(schema);
  // Only a keyword's parameters are told: the fleet's programs give no others.
  const isKeyword = isObject(schema) && type === "keyword";
  return { data_type: type, points, ...(isKeyword ? { params: { ...schema, type } } : {}) };
}

/** `field_schema` is a type, or its parameters with the type among them. */
function fieldType(schema: unknown): FieldType {
  const name = asText(isObject(schema) ? schema["type"] : schema, "field_schema");
  const type = fieldTypes.find((candidate) => candidate === name);
  if (type === undefined) throw malformed(`unknown variant \`${name}\` of a field's type`);
  return type;
}

export function createIndex(storage: Storage, collection: string, request: JsonObject): number {
  const field = asText(request["field_name"], "field_name");
  const schema = request["field_schema"] ?? request["field_type"];
  fieldType(schema);
  return storage.operate(collection, () => storage.setIndex(collection, field, schema));
}

export function deleteIndex(storage: Storage, collection: string, field: string): number {
  return storage.operate(collection, () => storage.deleteIndex(collection, field));
}

/** PUT vectors/{name}: another vector for the points of a collection that exists (since 1.18). */
export function createVectorName(storage: Storage, collection: string, name: string, request: JsonObject): number {
  if (!("dense" in request)) throw notOffered("sparse vectors");
  const added = parseVectorSettings(asObject(request["dense"], "dense"), "dense");
  const settings = storage.require(collection);
  return storage.operate(collection, () => {
    storage.change(collection, {
      ...settings,
      vectors: { ...settings.vectors, [name]: settings.vectors[name] ?? added },
    });
  });
}

export function deleteVectorName(storage: Storage, collection: string, name: string): number {
  const settings = storage.require(collection);
  const without = <T>(values: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(values).filter(([candidate]) => candidate !== name));
  const points = [...storage.points(collection)];
  return storage.operate(collection, (version) => {
    storage.change(collection, { ...settings, vectors: without(settings.vectors) });
    for (const point of points) storage.put(collection, { ...point, vectors: without(point.vectors), version });
  });
}
