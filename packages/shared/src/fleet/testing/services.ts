/** Own services, for tests of what is wrong with one. */
import { catalog } from "../../catalog/index.ts";
import { assembleFleet } from "../assemble.ts";
import { parseFleet } from "../parse.ts";
import { formatProblem, type Problem } from "../problem.ts";
import { parseServiceFile, type TextFile } from "../service-file.ts";
import { example } from "./example.ts";

/** A composite service with a part, a token, a file and what it needs; used by the tests as `services/wiki.yaml`. */
export const wiki = `name: wiki
title: Wiki
description: Pages that everybody may change
scope: tenant
image: docker.io/example/wiki
version: "2.1"
ports:
  - { name: http, container: 8080, host: 3100 }
env:
  DATABASE_URL: \${database.url}
  SEARCH: http://\${part.search}:7700
  TOKEN: \${secret.token}
  PUBLIC_URL: \${route.url}
secrets:
  key: { length: 40 }
  token: { token: { signedWith: key, claims: { role: wiki } } }
files:
  - { path: /etc/wiki.conf, content: "host=\${route.host} literal=$\${x}" }
volumes:
  - { name: data, path: /data }
memory: 512MiB
health:
  http: { port: 8080, path: /health }
parts:
  - name: search
    image: docker.io/example/search
    version: "1"
    ports:
      - { name: search, container: 7700, host: 3101 }
    memory: 256MiB
    health:
      http: { port: 7700, path: /health }
needs:
  - { kind: database }
uses:
  - service: redis
    env: { CACHE: "redis://\${service.redis.address}:\${service.redis.port}" }
route: { port: http }
backup: { method: volumes }
`;

/** The example with the wiki among its tenants' services. */
export const wikiFleet = example.replace("    n8n: #", "    wiki:\n    n8n: #");

/** The wiki with one thing changed; throws when it has no such thing. */
export function changedWiki(from: string, to: string): string {
  if (!wiki.includes(from)) throw new Error(`the wiki has no '${from}'`);
  return wiki.replace(from, () => to);
}

/** Mistakes of a services file by itself. */
export function serviceProblems(text: string, file = "services/wiki.yaml"): string[] {
  return parseServiceFile({ file, text }, catalog).problems.map(formatProblem);
}

/** Mistakes of a fleet file with services beside it, each where it is written. */
export function assembledProblems(text: string, services: readonly TextFile[]): Problem[] {
  const assembled = assembleFleet({ file: "fleet.yaml", text }, services, catalog);
  if (assembled.problems.length > 0) return assembled.problems;
  return parseFleet(assembled.text, "fleet.yaml", catalog).problems.map(assembled.locate);
}
