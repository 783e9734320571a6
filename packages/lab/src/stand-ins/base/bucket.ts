import { Client } from "minio";
import { within } from "./deadline.ts";

const requestMilliseconds = 5000;

export interface BucketAccess {
  endpoint: URL;
  region: string;
  accessKey: string;
  secretKey: string;
  bucket: string;
}

export interface Bucket {
  name: string;
  put: (key: string, content: string) => Promise<void>;
  remove: (key: string) => Promise<void>;
}

/** Every request has a deadline; what the store refuses is an error with the store's own code. */
export function openBucket({ endpoint, region, accessKey, secretKey, bucket }: BucketAccess): Bucket {
  const useSSL = endpoint.protocol === "https:";
  const client = new Client({
    endPoint: endpoint.hostname,
    port: endpoint.port === "" ? (useSSL ? 443 : 80) : Number(endpoint.port),
    useSSL,
    region,
    accessKey,
    secretKey,
    pathStyle: true,
    retryOptions: { disableRetry: true },
  });
  const asked = <T>(work: Promise<T>): Promise<T> =>
    within(requestMilliseconds, `The object store ${endpoint.host}`, work);
  return {
    name: bucket,
    put: async (key, content) => {
      await asked(client.putObject(bucket, key, content));
    },
    remove: (key) => asked(client.removeObject(bucket, key)),
  };
}
