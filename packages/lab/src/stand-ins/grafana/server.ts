/** Grafana's accounts and its HTTP API, as far as somebody meets it who logs in and opens a provisioned dashboard. */
import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { Variables } from "../base/environment.ts";
import { type Asked, Refusal, basicCredentials, createRoutedServer, page, sameText, textFrom } from "../base/server.ts";
import { openTableStore } from "../base/table-store.ts";
import { openDashboard } from "./panels.ts";
import { readProvisioning } from "./provisioning.ts";
import { readGrafanaSettings, type GrafanaSettings } from "./settings.ts";

const version = "13.2.3";
const cookieName = "grafana_session";

export interface Grafana {
  server: Server;
  settings: GrafanaSettings;
  close: () => void;
}

export function createGrafana(variables: Variables): Grafana {
  const settings = readGrafanaSettings(variables);
  const { dataSources, dashboards } = readProvisioning(settings.provisioningDirectory, variables);
  const [source] = dataSources;
  if (source === undefined) throw new Error("No data source is provisioned");
  const database = openTableStore(
    settings.dataDirectory,
    "CREATE TABLE IF NOT EXISTS user (login TEXT PRIMARY KEY, password TEXT NOT NULL)",
  );
  // Said again later, it changes nothing, as with the original.
  database.prepare("INSERT OR IGNORE INTO user VALUES ('admin', ?)").run(settings.adminPassword);
  const { password } = database.prepare("SELECT password FROM user WHERE login = 'admin'").get() ?? {};
  const sessions = new Set<string>();

  function isAdmin(login: string, given: string): boolean {
    return login === "admin" && sameText(given, String(password));
  }

  function requireLogin({ headers }: Asked): void {
    const basic = basicCredentials(headers);
    const [, session = ""] = new RegExp(`${cookieName}=(\\w+)`).exec(headers.cookie ?? "") ?? [];
    if (sessions.has(session) || (basic !== undefined && isAdmin(basic.name, basic.password))) return;
    throw new Refusal(401, "Unauthorized");
  }

  function find(uid: string) {
    const found = dashboards.find((dashboard) => dashboard.uid === uid);
    if (found === undefined) throw new Refusal(404, "Dashboard not found");
    return found;
  }

  const server = createRoutedServer({
    "GET /api/health": () => ({ body: { database: "ok", version, commit: "stand-in" } }),
    "GET /login": () => page("Grafana", [["Log in at", "POST /login"]]),
    "POST /login": async (asked) => {
      const { user, password: given } = await asked.json();
      if (!isAdmin(textFrom(user), textFrom(given))) throw new Refusal(401, "Invalid username or password");
      const session = randomBytes(16).toString("hex");
      sessions.add(session);
      const cookie = `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Lax`;
      return { headers: { "set-cookie": cookie }, body: { message: "Logged in" } };
    },
    "GET /": (asked) => {
      requireLogin(asked);
      return page(
        "Grafana",
        dashboards.map(({ title, uid }) => [title, `/d/${uid}`]),
      );
    },
    "GET /api/datasources": (asked) => {
      requireLogin(asked);
      // The password stays where it is, as with the original.
      return { body: dataSources.map((shown) => ({ ...shown, secureJsonData: undefined })) };
    },
    "GET /api/search": (asked) => {
      requireLogin(asked);
      return {
        body: dashboards.map(({ uid, title, folder }) => ({ uid, title, folderTitle: folder, type: "dash-db" })),
      };
    },
    "GET /api/dashboards/uid/*": (asked) => {
      requireLogin(asked);
      const { folder, ...dashboard } = find(asked.rest);
      return { body: { dashboard, meta: { folderTitle: folder, provisioned: true } } };
    },
    // No path of the original's: what its page would show.
    "GET /stand-in/panels/*": async (asked) => {
      requireLogin(asked);
      return { body: await openDashboard(find(asked.rest), source, Object.fromEntries(asked.query)) };
    },
  });
  return { server, settings, close: () => database.close() };
}
