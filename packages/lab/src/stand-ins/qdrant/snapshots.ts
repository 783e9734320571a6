/** Snapshots of collections: files that a collection, here or on another server, is brought back from. */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Schemas } from "@qdrant/js-client-rest";
import { createCollection } from "./collections.ts";
import { badInput, badRequest, forbidden, invalid, notFound, Refusal } from "./errors.ts";
import { asList, asObject, isAbsent, type JsonObject, optionalText, parseObject } from "./json.ts";
import { parseId } from "./point-id.ts";
import type { Storage } from "./storage.ts";
import { parseVectors } from "./vectors.ts";

const format = "berth-stand-in-snapshot-1";
const peer = "6166636161636161";
const downloadMilliseconds = 60_000;

export class Snapshots {
  readonly #storage: Storage;
  readonly #directory: string;

  constructor(storage: Storage, directory: string) {
    this.#storage = storage;
    this.#directory = resolve(directory);
    mkdirSync(this.#directory, { recursive: true });
  }

  list(collection: string): Schemas["SnapshotDescription"][] {
    this.#storage.require(collection);
    return readdirSync(this.#folder(collection))
      .filter((name) => name.endsWith(".snapshot"))
      .toSorted()
      .map((name) => this.#describe(collection, name));
  }

  create(collection: string, now: Date): Schemas["SnapshotDescription"] {
    const settings = this.#storage.require(collection);
    const content = JSON.stringify({
      format,
      settings,
      indexes: Object.fromEntries(this.#storage.indexes(collection)),
      points: [...this.#storage.points(collection)],
    });
    const time = now.toISOString().slice(0, 19).replaceAll(/[T:]/g, "-");
    const name = `${collection}-${peer}-${time}.snapshot`;
    this.#write(collection, name, content);
    return this.#describe(collection, name);
  }

  read(collection: string, name: string): Buffer {
    this.#storage.require(collection);
    return readFileSync(this.#existing(collection, name));
  }

  delete(collection: string, name: string): void {
    this.#storage.require(collection);
    const path = this.#existing(collection, name);
    rmSync(path);
    rmSync(`${path}.checksum`, { force: true });
  }

  /** POST snapshots/upload. The file stays on the server, as with the original. */
  upload(collection: string, file: { name: string; content: Buffer }, checksum: string | undefined): void {
    const actual = sha256(file.content);
    if (checksum !== undefined && requireChecksum(checksum) !== actual) {
      throw new Refusal(400, `Checksum mismatch: expected ${actual}, actual ${checksum}`);
    }
    this.#restore(collection, file.content);
    this.#write(collection, basename(file.name), file.content);
  }

  /** PUT snapshots/recover, from a file of the server or an address. */
  async recover(collection: string, request: JsonObject): Promise<void> {
    const location = URL.parse(optionalText(request["location"], "location") ?? "");
    if (location === null) throw invalid("location: relative URL without a base");
    const content = await this.#fetch(location, optionalText(request["api_key"], "api_key"));
    const checksum = optionalText(request["checksum"], "checksum");
    const actual = sha256(content);
    if (checksum !== undefined && requireChecksum(checksum) !== actual) {
      throw badInput(`Snapshot checksum mismatch: expected ${checksum}, got ${actual}`);
    }
    this.#restore(collection, content);
  }

  async #fetch(location: URL, apiKey: string | undefined): Promise<Buffer> {
    if (location.protocol === "file:") return this.#readOwn(fileURLToPath(location));
    if (!/^https?:$/.test(location.protocol)) {
      throw badRequest(`URL ${location.href} with scheme ${location.protocol.slice(0, -1)} is not supported`);
    }
    const response = await fetch(location, {
      headers: apiKey === undefined ? {} : { "api-key": apiKey },
      signal: AbortSignal.timeout(downloadMilliseconds),
    });
    if (!response.ok) throw badInput(`Failed to download snapshot from ${location.host}: status - ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }

  /** A file of the server's: links followed, it has to be below the snapshots. */
  #readOwn(path: string): Buffer {
    if (!existsSync(path)) throw badRequest(`Snapshot file "${path}" does not exist`);
    const directory = realpathSync(this.#directory);
    const file = realpathSync(path);
    if (file.startsWith(directory + sep)) return readFileSync(file);
    throw forbidden(`Snapshot file path must be inside the snapshots directory "${directory}"`);
  }

  /** Puts a snapshot's points in the place of the collection's, which is made if it is not there. */
  #restore(collection: string, content: Buffer): void {
    const { settings, indexes, points } = readSnapshot(content);
    const present = this.#storage.find(collection);
    if (present === undefined)
      createCollection(this.#storage, collection, { vectors: settings["vectors"], hnsw_config: settings["hnsw"] });
    const { vectors } = this.#storage.require(collection);
    if (JSON.stringify(vectors) !== JSON.stringify(settings["vectors"])) {
      throw badInput("Snapshot is not compatible with existing collection: vectors params mismatch");
    }
    const parsed = points.map((value) => {
      const point = asObject(value, "a point");
      return {
        id: parseId(point["id"]),
        vectors: parseVectors(point["vectors"], vectors),
        payload: asObject(point["payload"], "payload"),
      };
    });
    this.#storage.operate(collection, (version) => {
      for (const { id } of [...this.#storage.points(collection)]) this.#storage.remove(collection, id);
      for (const field of this.#storage.indexes(collection).keys()) this.#storage.deleteIndex(collection, field);
      for (const [field, schema] of Object.entries(indexes)) this.#storage.setIndex(collection, field, schema);
      for (const point of parsed) this.#storage.put(collection, { ...point, version });
    });
  }

  #folder(collection: string): string {
    const folder = join(this.#directory, collection);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  #existing(collection: string, name: string): string {
    const path = join(this.#folder(collection), basename(name));
    if (basename(name) !== name || statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
      throw notFound(`Snapshot ${name} not found`);
    }
    return path;
  }

  #write(collection: string, name: string, content: string | Buffer): void {
    const path = join(this.#folder(collection), name);
    // Beside it first: whoever lists never sees half a snapshot.
    writeFileSync(`${path}.part`, content);
    writeFileSync(`${path}.checksum`, sha256(content));
    renameSync(`${path}.part`, path);
  }

  #describe(collection: string, name: string): Schemas["SnapshotDescription"] {
    const path = join(this.#folder(collection), name);
    const { size, mtime } = statSync(path);
    return {
      name,
      creation_time: mtime.toISOString().slice(0, 19),
      size,
      checksum: readFileSync(`${path}.checksum`, "utf8"),
    };
  }
}

function readSnapshot(content: Buffer): { settings: JsonObject; indexes: JsonObject; points: readonly unknown[] } {
  let snapshot: JsonObject;
  try {
    snapshot = parseObject(content.toString());
  } catch (error) {
    if (error instanceof Refusal) throw badInput("Failed to read snapshot: it is damaged or no snapshot");
    throw error;
  }
  if (isAbsent(snapshot["format"]) || snapshot["format"] !== format)
    throw badInput("Failed to read snapshot: unknown format");
  return {
    settings: asObject(snapshot["settings"], "settings"),
    indexes: asObject(snapshot["indexes"], "indexes"),
    points: asList(snapshot["points"], "points"),
  };
}

function requireChecksum(checksum: string): string {
  if (!/^[0-9a-f]{64}$/i.test(checksum)) throw invalid("checksum: invalid_sha256_hash");
  return checksum.toLowerCase();
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
