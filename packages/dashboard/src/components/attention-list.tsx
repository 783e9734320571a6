import type { Status } from "@berth/shared/api/status";
import type { BerthError } from "@berth/shared/errors";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { clock } from "../clock.ts";
import { pendingSentence, type PendingWork } from "../fleet/pending.ts";
import { failedRuns } from "../fleet/failed-runs.ts";
import { attention, ofBackups, ofController, ofHistory, type Attention, type Fill } from "../fleet/attention.ts";
import { shareOf } from "@berth/shared/metrics/units";
import { formatCount } from "../format/count.ts";
import { latest, type SampleStore } from "../samples/sample-store.ts";
import { lookedRuns } from "../session/looked-runs.ts";
import { useSession } from "../session/session.ts";
import { useFleetStatus } from "../session/use-answer.ts";
import { usePendingWork } from "../session/use-pending.ts";
import { useStore } from "../store.ts";
import { SeverityMark } from "./state-mark.tsx";
import { sentences } from "../format/sentences.ts";

const noRuns: readonly never[] = [];

/** What somebody should look at; one calm line when there is nothing. */
export function AttentionList({ status }: { status: Status }): JSX.Element {
  const session = useSession();
  const runs = useStore(session.fleet, (state) => state.runs ?? noRuns);
  const looked = useStore(lookedRuns, (keys) => keys);
  const problems = useStore(session.problems, (map) => map);
  const fills = useFills(status);
  const pending = usePendingWork();
  const upkeep = useFleetStatus().answer;
  const now = session.controllerNow();
  const items = [
    ...attention(status, failedRuns(runs, looked), fills, now, pending),
    ...ofBackups(upkeep?.backups, now),
    ...ofController(upkeep?.controllerBackup, now),
    ...ofHistory(upkeep?.history),
  ];
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

const lookEverySeconds = 5;

/** How full nodes and containers are. Looked up every few seconds: what matters here does not change faster. */
function useFills(status: Status): readonly Fill[] {
  const { samples } = useSession();
  const [fills, setFills] = useState<readonly Fill[]>([]);
  useEffect(() => {
    let ticks = 0;
    const look = () => {
      ticks += 1;
      if (ticks <= 3 || ticks % lookEverySeconds === 0) setFills(readFills(status, samples));
    };
    look();
    return clock.subscribe(look);
  }, [status, samples]);
  return fills;
}

function readFills(status: Status, samples: SampleStore): Fill[] {
  const online = status.nodes.filter((node) => node.state === "online").map((node) => node.name);
  const ofNodes = online.flatMap((node): Fill[] => {
    const value = (column: Parameters<SampleStore["nodeSeries"]>[1]) => latest(samples.nodeSeries(node, column));
    const about = { node, container: null, instance: null };
    return [
      { ...about, what: "memory", share: shareOf(value("memoryBytes"), value("memoryLimitBytes")) },
      { ...about, what: "disk", share: shareOf(value("diskUsedBytes"), value("diskSizeBytes")) },
    ];
  });
  const ofContainers = status.instances
    .filter((instance) => online.includes(instance.node))
    .flatMap(({ node, name, containers }) =>
      containers.map(({ name: container }): Fill => {
        const used = latest(samples.containerSeries(node, container, "memoryBytes"));
        const limit = latest(samples.containerSeries(node, container, "memoryLimitBytes"));
        return { node, container, instance: name, what: "memory", share: shareOf(used, limit) };
      }),
    );
  return [...ofNodes, ...ofContainers];
}
