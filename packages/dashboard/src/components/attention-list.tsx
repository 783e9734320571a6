import type { Status } from "@berth/shared/api/status";
import type { BerthError } from "@berth/shared/errors";
import type { JSX } from "preact";
import { pendingSentence, type PendingWork } from "../fleet/pending.ts";
import type { Attention } from "../fleet/attention.ts";
import { formatCount } from "../format/count.ts";
import { useSession } from "../session/session.ts";
import { usePendingWork } from "../session/use-pending.ts";
import { useStore } from "../store.ts";
import { SeverityMark } from "./state-mark.tsx";
import { sentences } from "../format/sentences.ts";

/** What somebody should look at; one calm line when there is nothing. */
export function AttentionList({ status, items }: { status: Status; items: readonly Attention[] }): JSX.Element {
  const { problems: all } = useSession();
  const problems = useStore(all, (map) => map);
  const pending = usePendingWork();
  const work = pendingSentence(status, pending);
  return (
    <section class="attention" aria-labelledby="attention-title">
      <h2 id="attention-title" class="visually-hidden">
        Attention
      </h2>
      {items.length === 0 && problems.size === 0 ? (
        <p class="summary">
          <SeverityMark severity={work === undefined ? "good" : "busy"} /> {summary(status, pending)}
        </p>
      ) : (
        <ul>
          {[...problems].map(([what, error]) => (
            <PageProblem key={what} what={what} error={error} />
          ))}
          {items.map((item) => (
            <AttentionItem key={item.key} item={item} />
          ))}
          {work !== undefined && (
            <li key="pending">
              <SeverityMark severity="busy" />
              <span>{work}</span>
            </li>
          )}
        </ul>
      )}
    </section>
  );
}

function summary(status: Status, pending: PendingWork): string {
  if (status.nodes.length === 0) return "Nothing is looked after yet.";
  const work = pendingSentence(status, pending);
  if (work !== undefined) {
    const online = status.nodes.filter((node) => node.state === "online").length;
    const healthy = status.instances.filter((instance) => instance.state === "healthy").length;
    const of = `${online} of ${formatCount(status.nodes.length, "node")} online`;
    return `${of}, ${healthy} of ${formatCount(status.instances.length, "instance")} healthy. ${work}`;
  }
  const nodes = formatCount(status.nodes.length, "node");
  const instances = formatCount(status.instances.length, "instance");
  const starting = status.instances.filter((instance) => instance.state === "starting").length;
  const rest = starting === 0 ? "all well" : `${starting} starting`;
  return `${nodes} online, ${instances}, ${rest}.`;
}

function AttentionItem({ item }: { item: Attention }): JSX.Element {
  return (
    <li>
      <SeverityMark severity={item.severity} />
      <span>
        <a href={item.href}>{item.subject}</a> {item.text}
      </span>
    </li>
  );
}

function PageProblem({ what, error }: { what: string; error: BerthError }): JSX.Element {
  return (
    <li role="alert">
      <SeverityMark severity="warning" />
      <span>
        {what}: {sentences(error)}
      </span>
    </li>
  );
}
