import { toBerthError, type BerthError } from "@berth/shared/errors";
import type { JSX } from "preact";
import { useErrorBoundary, useState } from "preact/hooks";
import { path } from "../routes/location.ts";
import { backupsPath, routeOf, type Route } from "../routes/route.ts";
import { useSession } from "../session/session.ts";
import { useStore } from "../store.ts";
import { AlertsPage } from "../views/alerts.tsx";
import { BackupsPage } from "../views/backups.tsx";
import { EventsPage } from "../views/events.tsx";
import { InstancePage } from "../views/instance.tsx";
import { NodePage } from "../views/node.tsx";
import { Overview } from "../views/overview.tsx";
import { OwnerBackupsPage } from "../views/owner-backups.tsx";
import { RoutesPage } from "../views/routes.tsx";
import { RunPage } from "../views/run.tsx";
import { RunsPage } from "../views/runs.tsx";
import { TenantPage } from "../views/tenant.tsx";
import { TenantsPage } from "../views/tenants.tsx";
import { UpgradesPage } from "../views/upgrades.tsx";
import { AlertBadge } from "./alert-badge.tsx";
import { ConnectionNotice, ConnectionWord, useFreshness } from "./connection-status.tsx";
import { ErrorNotice } from "./error-notice.tsx";
import { Page } from "./page.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

interface ShellProps {
  onLogout: () => Promise<void>;
}

/** Header, the page that the address means, and what is wrong with the connection. */
export function Shell({ onLogout }: ShellProps): JSX.Element {
  const route = routeOf(useStore(path, (value) => value));
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Header route={route} onLogout={onLogout} />
      <Content>
        <View key={JSON.stringify(route)} route={route} />
      </Content>
      <ConnectionNotice />
    </>
  );
}

interface Room {
  href: string;
  word: string;
  pages: readonly Route["page"][];
  /** Of the whole fleet: a tenant's account has none of it. */
  isWhole?: boolean;
}

const rooms: readonly Room[] = [
  { href: "/", word: "Fleet", pages: ["overview", "node", "instance", "unknown"] },
  { href: "/tenants", word: "Tenants", pages: ["tenants", "tenant"] },
  { href: "/routes", word: "Routes", pages: ["routes"] },
  { href: backupsPath, word: "Backups", pages: ["backups", "owner-backups"], isWhole: true },
  { href: "/upgrades", word: "Upgrades", pages: ["upgrades"], isWhole: true },
  { href: "/alerts", word: "Alerts", pages: ["alerts"], isWhole: true },
  { href: "/events", word: "Events", pages: ["events"], isWhole: true },
  { href: "/runs", word: "Runs", pages: ["runs", "run"], isWhole: true },
];

function Header({ route, onLogout }: { route: Route; onLogout: () => Promise<void> }): JSX.Element {
  const { account } = useSession();
  const [error, setError] = useState<BerthError>();
  return (
    <header class="top">
      <a class="wordmark" href="/">
        Berth
      </a>
      <nav aria-label="Pages">
        {rooms
          .filter(({ isWhole }) => isWhole !== true || account.role !== "tenant")
          .map(({ href, word, pages }) => (
            <a key={href} href={href} aria-current={pages.includes(route.page) ? "page" : undefined}>
              {word}
              {href === "/alerts" && <AlertBadge />}
            </a>
          ))}
      </nav>
      <ConnectionWord />
      <ThemeSwitch />
      <span
        class="account secondary"
        title={account.tenant === null ? `Role: ${account.role}` : `Tenant: ${account.tenant}`}
      >
        {account.name}
      </span>
      <button
        type="button"
        class="small"
        title={error?.message}
        onClick={() => void onLogout().catch((thrown: unknown) => setError(toBerthError(thrown)))}
      >
        Log out
      </button>
      {error && <ErrorNotice error={error} what="Log out" />}
    </header>
  );
}

function Content({ children }: { children: JSX.Element }): JSX.Element {
  const { kind } = useFreshness(useSession());
  return (
    <main id="content" class={kind === "stale" ? "stale" : ""} data-testid="content">
      {children}
    </main>
  );
}

/** A mistake in one view takes down that view only, and says so. */
function View({ route }: { route: Route }): JSX.Element {
  const [thrown, reset] = useErrorBoundary();
  if (thrown !== undefined) {
    return (
      <ErrorNotice error={toBerthError(thrown)} what="This page met a mistake of its own">
        <button type="button" onClick={reset}>
          Try again
        </button>
      </ErrorNotice>
    );
  }
  switch (route.page) {
    case "overview":
      return <Overview />;
    case "node":
      return <NodePage name={route.name} />;
    case "instance":
      return <InstancePage name={route.name} />;
    case "tenants":
      return <TenantsPage />;
    case "tenant":
      return <TenantPage name={route.name} />;
    case "routes":
      return <RoutesPage />;
    case "backups":
      return <BackupsPage />;
    case "owner-backups":
      return <OwnerBackupsPage name={route.name} />;
    case "alerts":
      return <AlertsPage />;
    case "upgrades":
      return <UpgradesPage />;
    case "events":
      return <EventsPage />;
    case "runs":
      return <RunsPage />;
    case "run":
      return <RunPage id={route.id} />;
    case "unknown":
      break;
  }
  return (
    <Page title="No such page">
      <p>
        There is nothing at <code>{route.path}</code>. <a href="/">To the fleet</a>
      </p>
    </Page>
  );
}
