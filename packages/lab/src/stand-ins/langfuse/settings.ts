/** Langfuse's environment, refused where the original refuses it (web/src/env.mjs, packages/shared/src/env.ts of 4.x). */
import type { BucketAccess } from "../base/bucket.ts";
import { type Environment, hexKey } from "../base/environment.ts";

export interface ClickHouseAccess {
  url: URL;
  migrationUrl: URL;
  user: string;
  password: string;
}

/** What both containers need. */
export interface CommonSettings {
  databaseUrl: URL;
  clickHouse: ClickHouseAccess;
  events: BucketAccess;
  media: BucketAccess | undefined;
}

/** What is made at the first start, as far as it was asked for. */
export interface InitialProject {
  organisation: { id: string; name: string };
  project: { id: string; name: string } | undefined;
  keys: { publicKey: string; secretKey: string } | undefined;
  user: { email: string; name: string; password: string } | undefined;
}

export function readCommonSettings(environment: Environment): CommonSettings {
  environment.url("NEXTAUTH_URL", "http", "https");
  environment.text("SALT");
  environment.text("ENCRYPTION_KEY", hexKey);
  for (const name of ["TELEMETRY_ENABLED", "CLICKHOUSE_CLUSTER_ENABLED"]) environment.flag(name, true);
  // The original takes its clustered tables unless told otherwise, which a single server cannot make.
  if (environment.flag("CLICKHOUSE_CLUSTER_ENABLED", true))
    throw new Error("There is no cluster 'default' of ClickHouse");
  return {
    databaseUrl: environment.url("DATABASE_URL", "postgresql", "postgres"),
    clickHouse: {
      url: environment.url("CLICKHOUSE_URL", "http", "https"),
      migrationUrl: environment.url("CLICKHOUSE_MIGRATION_URL", "clickhouse"),
      user: environment.text("CLICKHOUSE_USER"),
      password: environment.text("CLICKHOUSE_PASSWORD"),
    },
    events: readBucket(environment, "LANGFUSE_S3_EVENT_UPLOAD"),
    media:
      environment.optional("LANGFUSE_S3_MEDIA_UPLOAD_BUCKET") === undefined
        ? undefined
        : readBucket(environment, "LANGFUSE_S3_MEDIA_UPLOAD"),
  };
}

function readBucket(environment: Environment, prefix: string): BucketAccess {
  if (!environment.flag(`${prefix}_FORCE_PATH_STYLE`, false)) {
    throw new Error(`${prefix}_FORCE_PATH_STYLE must be true: buckets have no names of their own in the network`);
  }
  return {
    bucket: environment.text(`${prefix}_BUCKET`),
    endpoint: environment.url(`${prefix}_ENDPOINT`, "http", "https"),
    region: environment.optional(`${prefix}_REGION`) ?? "us-east-1",
    accessKey: environment.text(`${prefix}_ACCESS_KEY_ID`),
    secretKey: environment.text(`${prefix}_SECRET_ACCESS_KEY`),
  };
}

/** undefined: nothing was asked for, or no organisation to put it in. */
export function readInitialProject(environment: Environment): InitialProject | undefined {
  const optional = (name: string): string | undefined => environment.optional(`LANGFUSE_INIT_${name}`);
  const organisation = optional("ORG_ID");
  if (organisation === undefined) return undefined;
  const [project, publicKey, secretKey] = [
    optional("PROJECT_ID"),
    optional("PROJECT_PUBLIC_KEY"),
    optional("PROJECT_SECRET_KEY"),
  ];
  return {
    organisation: { id: organisation, name: optional("ORG_NAME") ?? "Provisioned Org" },
    project:
      project === undefined ? undefined : { id: project, name: optional("PROJECT_NAME") ?? "Provisioned Project" },
    keys: publicKey === undefined || secretKey === undefined ? undefined : { publicKey, secretKey },
    user: readUser(environment),
  };
}

function readUser(environment: Environment): InitialProject["user"] {
  const password = environment.optional("LANGFUSE_INIT_USER_PASSWORD");
  if (environment.optional("LANGFUSE_INIT_USER_EMAIL") === undefined || password === undefined) return undefined;
  const email = environment.text("LANGFUSE_INIT_USER_EMAIL", {
    pattern: /^[\w.+-]+@([a-z0-9-]+\.)+[a-z]{2,}$/i,
    must: "be an address",
  });
  if (password.length < 8) throw new Error("Password needs to be at least 8 characters long.");
  return { email, password, name: environment.optional("LANGFUSE_INIT_USER_NAME") ?? "Provisioned User" };
}
