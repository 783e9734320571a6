/** What a tenant has in the shared stores, with how much of it there is, as far as the stores have told. */
import type { TenantStatus } from "@berth/shared/api/tenants";
import type { BucketUsage, DatabaseUsage, Usage } from "@berth/shared/api/usage";
import { formatAhead, formatBytes, formatLimit } from "@berth/shared/metrics/units";
import type { JSX } from "preact";
import { formatCount } from "../format/count.ts";
import { useSession } from "../session/session.ts";

interface HoldingsProps {
  tenant: Pick<TenantStatus, "databases" | "collections" | "buckets">;
  /** undefined: not told yet. */
  usage: Usage | undefined;
}

/** From this share of what there may be on, it is worth a look. */
const warning = 0.9;

export function Holdings({ tenant, usage }: HoldingsProps): JSX.Element | null {
  const { databases, collections, buckets } = tenant;
  if (databases.length + collections.length + buckets.length === 0) return null;
  const databaseOf = (name: string) => usage?.databases.find(({ database }) => database === name);
  const pointsOf = (name: string) => usage?.collections.find(({ collection }) => collection === name)?.points;
  const bucketOf = (name: string) => usage?.buckets.find(({ bucket }) => bucket === name);
  return (
    <section aria-labelledby="holdings-title">
      <h2 id="holdings-title">In the shared stores</h2>
      {usage?.unread.map(({ server, reason }) => (
        <p key={server} class="trouble">
          What {server} holds is missing: {reason}.
        </p>
      ))}
      <table class="list holdings">
        <thead>
          <tr>
            <th class="column-kind" scope="col">
              Kind
            </th>
            <th class="column-subject" scope="col">
              Name
            </th>
            <th class="column-size" scope="col">
              Size
            </th>
            <th class="column-content" scope="col">
              Content
            </th>
          </tr>
        </thead>
        <tbody>
          {databases.map((name) => (
            <DatabaseRow key={name} name={name} usage={databaseOf(name)} />
          ))}
          {collections.map((name) => (
            <Row key={name} kind="Collection" name={name} size={undefined} content={pointsText(pointsOf(name))} />
          ))}
          {buckets.map((name) => (
            <BucketRow key={name} name={name} usage={bucketOf(name)} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function DatabaseRow({ name, usage }: { name: string; usage: DatabaseUsage | undefined }): JSX.Element {
  if (usage === undefined) return <Row kind="Database" name={name} size={undefined} content={undefined} />;
  const { bytes, connections, connectionLimit: limit, counts } = usage;
  const open = limit === null ? formatCount(connections, "connection") : `${connections} of ${limit} connections`;
  const content = [...Object.entries(counts).map(([what, count]) => `${count} ${what}`), open].join(", ");
  const isNearLimit = limit !== null && connections >= warning * limit;
  return <Row kind="Database" name={name} size={formatBytes(bytes)} content={content} isNearLimit={isNearLimit} />;
}

function BucketRow({ name, usage }: { name: string; usage: BucketUsage | undefined }): JSX.Element {
  const { controllerNow } = useSession();
  if (usage === undefined) return <Row kind="Bucket" name={name} size={undefined} content={undefined} />;
  const { bytes, objects, quotaBytes: quota, fullAt, countedAt } = usage;
  const full = fullAt === null ? "" : `, full in ${formatAhead(Date.parse(fullAt) - controllerNow())}`;
  if (countedAt === null) return <Row kind="Bucket" name={name} size="not counted yet" content={undefined} />;
  return (
    <Row
      kind="Bucket"
      name={name}
      size={quota === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatLimit(quota)}`}
      content={formatCount(objects, "object") + full}
      isNearLimit={quota !== null && bytes >= warning * quota}
    />
  );
}

interface RowProps {
  kind: string;
  name: string;
  size: string | undefined;
  content: string | undefined;
  isNearLimit?: boolean;
}

function Row({ kind, name, size, content, isNearLimit = false }: RowProps): JSX.Element {
  return (
    <tr data-row={name}>
      <td class="column-kind secondary">{kind}</td>
      <th class="column-subject mono" scope="row">
        {name}
      </th>
      <td class="column-size">{size ?? <span class="muted">–</span>}</td>
      <td class="column-content">
        {content ?? <span class="muted">–</span>}
        {isNearLimit && (
          <>
            {" "}
            <span class="tag tag-warning">nearly full</span>
          </>
        )}
      </td>
    </tr>
  );
}

function pointsText(points: number | undefined): string | undefined {
  return points === undefined ? undefined : formatCount(points, "point");
}
