/**
 * From where roles may log in: pg_hba.conf of Berth's own servers, managed over SQL as their superuser. The file is
 * replaced by renaming, checked before it is loaded, and put back when the controller could not come in any more.
 */
import { isIPv4, isIPv6, BlockList } from "node:net";
import { BerthError, toBerthError } from "@berth/shared/errors";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import type { ClientBase, Pool } from "pg";
import { accessBlock, blockStart, needLines, readBlock, withBlock } from "./postgres-access-file.ts";
import { locked } from "./postgres-lock.ts";

export interface AccessServer {
  /** Address of the server's own node. */
  serverAddress: string;
  /** Addresses of nodes with a PgBouncer. */
  poolerAddresses?: readonly string[];
  /** Where Berth's servers keep their data, as the catalog says; a server that keeps them elsewhere is somebody's own. */
  dataDirectory: string;
}

export interface EnsureAccessContext extends AccessServer {
  /** Connected as superuser to the database `postgres`. */
  client: ClientBase;
  /** Opens another connection as superuser, and ends it: the proof that the controller is let in. */
  connectAgain: () => Promise<void>;
  log: (line: string) => void;
}

interface AccessFile {
  path: string;
  text: string;
  isLoaded: boolean;
  controllerAddress: string | null;
}

/** Over all, how long the server may take to read its files again. */
const reloadMilliseconds = 10_000;

/**
 * Lets each role into its own database from its instance's node alone, and the superuser in from the controller alone.
 * `needs` are all that the server meets: whoever is not among them is not let in. `skipped` says why nothing was done.
 */
export function ensureAccess(
  needs: readonly DatabaseNeed[],
  context: EnsureAccessContext,
): Promise<{ changed: boolean; skipped: string | null }> {
  const { client, log } = context;
  return locked(client, async () => {
    const file = await readFile(client, context);
    if (typeof file === "string") {
      log(file);
      return { changed: false, skipped: file };
    }
    const wanted = withBlock(file.text, blockFor(needs, file, context));
    if (wanted === file.text && file.isLoaded) return { changed: false, skipped: null };
    log(`writing who may connect from where into ${file.path}`);
    await putInForce(wanted, file, context);
    return { changed: true, skipped: null };
  });
}

/** By database: in what the rules differ, as phrases. What concerns the whole server stands with the first database. */
export async function observeAccess(
  client: Pool | ClientBase,
  needs: readonly DatabaseNeed[],
  server: AccessServer,
): Promise<Map<string, string[]>> {
  const file = await readFile(client, server);
  const [first] = needs;
  if (first === undefined || typeof file === "string") return new Map();
  const block = readBlock(file.text);
  if (block === undefined) return new Map([[first.database, ["pg_hba.conf lets others in"]]]);
  const differences = new Map(
    needs
      .filter((need) => needLines(need, server).some((line) => !block.includes(line)))
      .map((need) => [need.database, [`pg_hba.conf does not let '${need.role}' in from ${need.clientAddress}`]]),
  );
  const wanted = blockFor(needs, file, server);
  if (differences.size === 0 && wanted.join("\n") !== block.join("\n"))
    differences.set(first.database, ["pg_hba.conf differs from what Berth wrote"]);
  else if (differences.size === 0 && !file.isLoaded)
    differences.set(first.database, ["pg_hba.conf is not in force yet"]);
  return differences;
}

function blockFor(
  needs: readonly DatabaseNeed[],
  { controllerAddress }: AccessFile,
  { serverAddress, poolerAddresses = [] }: AccessServer,
): string[] {
  return accessBlock({ needs, serverAddress, controllerAddress, poolerAddresses });
}

const fileQuery = `
select current_setting('data_directory') as "dataDirectory", current_setting('hba_file') as path,
  pg_read_file(current_setting('hba_file')) as text, host(inet_client_addr()) as "controllerAddress",
  pg_conf_load_time() >= (pg_stat_file(current_setting('hba_file'))).modification + interval '1 second' as "isLoaded"`;

/** The file, or a sentence why it is none of Berth's business. Times of files are known to the second only. */
async function readFile(client: Pool | ClientBase, { dataDirectory }: AccessServer): Promise<AccessFile | string> {
  const { rows } = await client.query<AccessFile & { dataDirectory: string }>(fileQuery);
  const [found] = rows;
  if (found === undefined) throw new BerthError("internal", "PostgreSQL does not tell its settings");
  const { dataDirectory: directory, ...file } = found;
  const isOwn = directory === dataDirectory || directory.startsWith(`${dataDirectory}/`);
  if (isOwn && file.path === `${directory}/pg_hba.conf` && /^[\w./-]+$/.test(file.path)) return file;
  return `this PostgreSQL was not set up by Berth (its rules are in ${file.path}): who may connect from where stays as it is`;
}

async function putInForce(wanted: string, file: AccessFile, context: EnsureAccessContext): Promise<void> {
  const { client, connectAgain } = context;
  if (wanted !== file.text) await writeFile(client, file.path, wanted);
  try {
    await checkRules(client, file, blockStart(wanted));
  } catch (error) {
    // Nothing was loaded. To load the former file would put lines in force that nobody has loaded yet.
    await writeFile(client, file.path, file.text);
    throw putBack(file, error);
  }
  try {
    await reload(client, file.path);
    await connectAgain();
  } catch (error) {
    await writeFile(client, file.path, file.text);
    await reload(client, file.path);
    throw putBack(file, error);
  }
}

function putBack({ path }: AccessFile, error: unknown): BerthError {
  const { message } = toBerthError(error);
  return new BerthError("store.failed", `The rules in ${path} stay as they had been: ${message}`, {
    hint: "Look at the lines of your own in that file.",
    cause: error,
  });
}

/** Under another name first, then renamed: whenever the server starts, it finds the one or the other file, whole. */
async function writeFile(client: ClientBase, path: string, text: string): Promise<void> {
  const draft = `${path}.berth`;
  await client.query("begin");
  try {
    const { rows } = await client.query<{ id: number }>("select lo_from_bytea(0, convert_to($1, 'UTF8')) as id", [
      text,
    ]);
    await client.query("select lo_export($1, $2)", [rows[0]?.id, draft]);
  } finally {
    // The large object was only the way to the file.
    await client.query("rollback");
  }
  // PostgreSQL has no function that renames. The path holds no character that a shell reads as anything else.
  await client.query(`copy (select 1 where false) to program 'sync ${draft} && mv -f ${draft} ${path}'`);
}

interface RuleRow {
  line: number;
  type: string | null;
  database: string[] | null;
  user: string[] | null;
  address: string | null;
  netmask: string | null;
  method: string | null;
  error: string | null;
}

const rulesQuery = `select line_number as line, type, database, user_name as user, address, netmask,
  auth_method as method, error from pg_hba_file_rules order by line_number`;

/** Throws when the file does not read, or when a line above Berth's block may shut the controller out. */
async function checkRules(client: ClientBase, { controllerAddress }: AccessFile, start: number): Promise<void> {
  const { rows } = await client.query<RuleRow>(rulesQuery);
  const wrong = rows.find(({ error }) => error !== null);
  if (wrong !== undefined) throw new BerthError("store.failed", `line ${wrong.line} is wrong: ${wrong.error}`);
  if (controllerAddress === null) return;
  const shut = rows.find((rule) => rule.line < start && mayShutOut(rule, controllerAddress));
  if (shut !== undefined) throw new BerthError("store.failed", `line ${shut.line} may shut the controller out`);
}

const admitting = new Set(["scram-sha-256", "md5", "password", "trust"]);

function mayShutOut(rule: RuleRow, controllerAddress: string): boolean {
  if (rule.type !== "host" && rule.type !== "hostnossl" && rule.type !== "hostnogssenc") return false;
  if (admitting.has(rule.method ?? "")) return false;
  return mayMean(rule.database, "postgres") && mayMean(rule.user, "postgres") && mayHold(rule, controllerAddress);
}

/** Groups and patterns may mean anybody. */
function mayMean(names: readonly string[] | null, name: string): boolean {
  return (names ?? []).some((text) => text === "all" || text === name || text.startsWith("+") || text.startsWith("/"));
}

/** Host names and keywords (`all`, `samenet`) may mean any address. */
function mayHold({ address, netmask }: RuleRow, controllerAddress: string): boolean {
  if (address === null || netmask === null) return true;
  const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : undefined;
  if (family === undefined) return true;
  const list = new BlockList();
  list.addSubnet(address, prefixLength(netmask), family);
  return list.check(controllerAddress, isIPv4(controllerAddress) ? "ipv4" : "ipv6");
}

function prefixLength(netmask: string): number {
  const groups = netmask.includes(":")
    ? netmask.split(":").map((group) => Number.parseInt(group || "0", 16))
    : netmask.split(".").map(Number);
  return groups.reduce((bits, group) => bits + group.toString(2).replaceAll("0", "").length, 0);
}

/**
 * The server reads its files, and the load counts as one of the file as it is: only from the second after the file's,
 * whose time is known to the second. New connections are then decided by the new rules.
 */
async function reload(client: ClientBase, path: string): Promise<void> {
  const deadline = Date.now() + reloadMilliseconds;
  await client.query(
    `select pg_sleep(extract(epoch from (pg_stat_file($1)).modification + interval '1 second' - clock_timestamp()))`,
    [path],
  );
  await client.query("select pg_reload_conf()");
  while (!(await isLoaded(client, path))) {
    if (Date.now() < deadline) continue;
    throw new BerthError("deadline.exceeded", `the server had not read ${path} again after ${reloadMilliseconds} ms`);
  }
}

async function isLoaded(client: ClientBase, path: string): Promise<boolean> {
  const { rows } = await client.query<{ loaded: boolean }>(
    `select pg_conf_load_time() >= (pg_stat_file($1)).modification + interval '1 second' as loaded from pg_sleep(0.01)`,
    [path],
  );
  return rows[0]?.loaded === true;
}
