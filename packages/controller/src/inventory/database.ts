/** The inventory's tables, typed. A room that adds tables declares them in tables/ and names them here. */
import type { Kysely } from "kysely";
import type { AccessTokensTable, AccountsTable, SecretsTable, TokensTable } from "./tables/accounts.ts";
import type { AgentEventsTable, AgentOperationsTable, CertificatesTable, JoinTokensTable } from "./tables/agents.ts";
import type { AlertMessagesTable, AlertSilencesTable, AlertsTable } from "./tables/alerts.ts";
import type { BackupsTable } from "./tables/backups.ts";
import type { ProofsTable } from "./tables/proofs.ts";
import type {
  EventsTable,
  FleetRevisionsTable,
  InstancesTable,
  NeedsTable,
  NodesTable,
  SpecificationsTable,
  TenantsTable,
} from "./tables/fleet.ts";
import type { LooksTable } from "./tables/looks.ts";
import type { UpgradeInstancesTable } from "./tables/upgrades.ts";
import type { ControllerBackupsTable, RebuildsTable, RecoveryKeysTable } from "./tables/recovery.ts";
import type { RegistryTagsTable } from "./tables/registry-tags.ts";
import type { RunsTable, StepLogsTable, StepsTable } from "./tables/runs.ts";

export interface Database {
  fleetRevisions: FleetRevisionsTable;
  nodes: NodesTable;
  tenants: TenantsTable;
  instances: InstancesTable;
  specifications: SpecificationsTable;
  needs: NeedsTable;
  events: EventsTable;
  runs: RunsTable;
  steps: StepsTable;
  stepLogs: StepLogsTable;
  accounts: AccountsTable;
  tokens: TokensTable;
  accessTokens: AccessTokensTable;
  secrets: SecretsTable;
  joinTokens: JoinTokensTable;
  certificates: CertificatesTable;
  agentEvents: AgentEventsTable;
  agentOperations: AgentOperationsTable;
  backups: BackupsTable;
  proofs: ProofsTable;
  upgradeInstances: UpgradeInstancesTable;
  controllerBackups: ControllerBackupsTable;
  recoveryKeys: RecoveryKeysTable;
  rebuilds: RebuildsTable;
  registryTags: RegistryTagsTable;
  looks: LooksTable;
  alerts: AlertsTable;
  alertSilences: AlertSilencesTable;
  alertMessages: AlertMessagesTable;
}

/**
 * What a query runs on: `inventory.database`, or the transaction it is part of. SQLite has one connection: inside
 * `transaction().execute(async (transaction) => …)` query `transaction` only, anything else waits for it to end.
 */
export type Queryable = Kysely<Database>;

export interface Inventory {
  readonly file: string;
  readonly database: Kysely<Database>;
  close(): Promise<void>;
}
