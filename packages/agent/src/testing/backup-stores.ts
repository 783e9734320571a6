/** What a test's instance holds outside of its volumes: processes in the node's namespace. The agent knows no lab; these
 * are its programs. */
import { join } from "node:path";
import type { Namespace } from "./namespace.ts";
import { eventually, type Running, start } from "./processes.ts";

const standIns = new URL("../../../lab/src/stand-ins/", import.meta.url).pathname;

export const qdrantPort = 6333;
export const storePort = 9000;
export const storeKeys = { accessKey: "backup-root", secretKey: "backup-root-secret" };
export const qdrantKey = "a-key-of-the-test";

export async function startQdrant(namespace: Namespace, directory: string, port = qdrantPort): Promise<Running> {
  const running = start(namespace.inside([process.execPath, join(standIns, "qdrant/main.ts")]), {
    QDRANT__SERVICE__API_KEY: qdrantKey,
    QDRANT__SERVICE__HTTP_PORT: String(port),
    QDRANT__STORAGE__STORAGE_PATH: join(directory, `qdrant-${port}`),
    QDRANT__STORAGE__SNAPSHOTS_PATH: join(directory, `qdrant-snapshots-${port}`),
  });
  await eventually("Qdrant to listen", () => running.output().includes("listening"));
  return running;
}

export async function startObjectStore(namespace: Namespace, directory: string, port = storePort): Promise<Running> {
  const addresses = ["--address", `:${port}`, "--console-address", `:${port + 1}`];
  const argv = [process.execPath, join(standIns, "object-store/main.ts"), "server", ...addresses];
  const running = start(namespace.inside([...argv, join(directory, `objects-${port}`)]), {
    MINIO_ROOT_USER: storeKeys.accessKey,
    MINIO_ROOT_PASSWORD: storeKeys.secretKey,
  });
  await eventually("the object store to listen", () => running.output() !== "");
  return running;
}
