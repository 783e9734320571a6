import { listEvents, type Event, type EventKind } from "@berth/shared/api/events";
import type { JSX } from "preact";
import { useCallback, useId, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { Commands } from "../components/command.tsx";
import { Ago } from "../components/elapsed.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Page } from "../components/page.tsx";
import { instancePath, nodePath } from "../routes/route.ts";
import { useAnswer } from "../session/use-answer.ts";

/** What can be asked for alone: the kinds that tell of trouble, and everything. */
const kinds: readonly [kind: EventKind | "", words: string][] = [
  ["", "Everything"],
  ["instance.state", "States of instances"],
  ["drift", "Drift"],
  ["outOfMemory", "Out of memory"],
  ["docker", "Docker engines"],
  ["firewall", "Firewalls"],
  ["agent.connected", "Agents that came"],
  ["agent.disconnected", "Agents that went"],
  ["backup.failed", "Failed backups"],
  ["drill.failed", "Failed drills"],
];
const pageSize = 200;

/** What happened in the fleet, the newest first. */
export function EventsPage(): JSX.Element {
  const [kind, setKind] = useState<EventKind | "">("");
  const [limit, setLimit] = useState(pageSize);
  const ask = useCallback(
    async (signal: AbortSignal) => {
      const query = { limit, ...(kind === "" ? {} : { kind }) };
      return (await call(listEvents, { query, signal })).events;
    },
    [kind, limit],
  );
  const { answer: events, error } = useAnswer(ask);
  return (
    <Page title="Events" aside={<KindChoice kind={kind} onKind={setKind} />}>
      {error && <ErrorNotice error={error} what="Events" />}
      {!events && !error && <p class="muted">Waiting for the controller to tell what happened.</p>}
      {events?.length === 0 && <p class="muted">Nothing of that kind has happened.</p>}
      {events && events.length > 0 && <EventTable events={events} />}
      {events?.length === limit && limit < 1000 && (
        <p>
          <button type="button" onClick={() => setLimit(1000)}>
            Show older ones
          </button>
        </p>
      )}
      <Commands
        of={[
          ["The same in a terminal", "berth event list --since 24h"],
          ["Of one instance", "berth event list --instance INSTANCE"],
        ]}
      />
    </Page>
  );
}

function KindChoice({ kind, onKind }: { kind: EventKind | ""; onKind: (kind: EventKind | "") => void }): JSX.Element {
  const id = useId();
  return (
    <div class="actions">
      <label class="secondary" for={id}>
        Show
      </label>
      <select
        id={id}
        value={kind}
        onChange={(event) => onKind(kinds.find(([value]) => value === event.currentTarget.value)?.[0] ?? "")}
      >
        {kinds.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

function EventTable({ events }: { events: readonly Event[] }): JSX.Element {
  return (
    <table class="list events">
      <thead>
        <tr>
          <th class="column-when" scope="col">
            When
          </th>
          <th class="column-health" scope="col">
            Node
          </th>
          <th class="column-subject" scope="col">
            What
          </th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <EventRow key={event.id} event={event} />
        ))}
      </tbody>
    </table>
  );
}

function EventRow({ event: { id, at, kind, node, instance, message } }: { event: Event }): JSX.Element {
  return (
    <tr data-row={id}>
      <td class="column-when">
        <Ago moment={at} />
      </td>
      <td class="column-health">{node !== null && <a href={nodePath(node)}>{node}</a>}</td>
      <th class="column-subject" scope="row">
        {message}
        <span class="trouble muted">
          {kind}
          {instance !== null && (
            <>
              {" · "}
              <a href={instancePath(instance)}>{instance}</a>
            </>
          )}
        </span>
      </th>
    </tr>
  );
}
