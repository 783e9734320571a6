import type { InstanceCheck, ServiceCheck, UpgradeCheck } from "@berth/shared/api/upgrades";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { isBehind } from "../fleet/upgrade-batches.ts";
import { formatCount } from "../format/count.ts";
import { instancePath } from "../routes/route.ts";
import { newest } from "../fleet/newer-versions.ts";
import { mayAdminister } from "../session/may.ts";
import { useSession } from "../session/session.ts";
import { Command } from "./command.tsx";
import { DisclosureRow } from "./disclosure-row.tsx";
import { Ago } from "./elapsed.tsx";
import { SeverityMark, StateMark } from "./state-mark.tsx";
import { TableHead } from "./table-head.tsx";
import { HoldAction } from "./hold-action.tsx";
import { UpgradeDialog } from "./upgrade-dialog.tsx";

/** Service by service: what its instances run, and what there is to move them to. */
export function VersionTable({ check }: { check: UpgradeCheck }): JSX.Element {
  const behind = check.instances.filter((one) => isBehind(one) && !one.held).length;
  const held = check.instances.filter((one) => one.held).length;
  if (check.services.length === 0) return <p class="muted">The fleet has no service that Berth knows versions of.</p>;
  return (
    <>
      <p class="summary-line">
        <SeverityMark severity={behind === 0 ? "good" : "busy"} />
        <span>
          {behind === 0 ? "Nothing is behind" : `${formatCount(behind, "instance")} behind`}
          {held === 0 ? "" : `, ${held} held`}.
        </span>
      </p>
      <table class="list versions">
        <TableHead
          columns={[
            ["column-subject", "Service"],
            ["column-available", "Newer"],
            ["column-when", "Looked up", "When its registry answered last"],
          ]}
          more="Instances"
        />
        <tbody>
          {check.services.map((service) => (
            <ServiceRow
              key={service.service}
              service={service}
              instances={check.instances.filter((one) => one.service === service.service)}
            />
          ))}
        </tbody>
      </table>
    </>
  );
}

interface ServiceRowProps {
  service: ServiceCheck;
  instances: readonly InstanceCheck[];
}

function ServiceRow({ service, instances }: ServiceRowProps): JSX.Element {
  const { service: name, checkedAt, problem } = service;
  const moving = instances.filter((one) => isBehind(one) && !one.held);
  const held = instances.filter((one) => one.held).length;
  const state = moving.length > 0 ? "behind" : held > 0 && held === instances.length ? "held" : "current";
  return (
    <DisclosureRow
      name={name}
      about={name}
      columns={5}
      label={instances.length === 0 ? undefined : formatCount(instances.length, "instance")}
      details={() => <Instances service={name} instances={instances} />}
      cells={
        <>
          <td class="column-state">
            <StateMark state={state} />
          </td>
          <th class="column-subject" scope="row">
            {name} <span class="secondary mono">{versionsOf(instances)}</span>
            {problem !== null && <span class="trouble">{problem}</span>}
          </th>
          <td class="column-available">
            {newest(moving).map(([step, version]) => (
              <span key={version} class="available">
                <span class="mono">{shortDigests(version)}</span> <span class="secondary">{step}</span>
              </span>
            ))}
            {held > 0 && <span class="secondary">{held} held</span>}
          </td>
          <td class="column-when">
            {checkedAt === null ? <span class="muted">never</span> : <Ago moment={checkedAt} />}
          </td>
        </>
      }
    />
  );
}

function Instances({ service, instances }: { service: string; instances: readonly InstanceCheck[] }): JSX.Element {
  const { account } = useSession();
  const [asking, setAsking] = useState(false);
  const [first] = newest(instances.filter((one) => !one.held));
  const notes = [...new Set(instances.flatMap((one) => one.notes))];
  return (
    <div class="parts">
      <ul>
        {instances.map((one) => (
          <li key={one.instance} class="part">
            <StateMark state={one.held ? "held" : isBehind(one) ? "behind" : "current"} />
            <p>
              <a href={instancePath(one.instance)}>{one.instance}</a>{" "}
              <span class="secondary mono">
                {shortDigests([one.version, ...newest([one]).map(([, version]) => version)].join(" → "))}
              </span>{" "}
              {mayAdminister(account) && <HoldAction {...one} />}
            </p>
          </li>
        ))}
      </ul>
      {notes.map((note) => (
        <p key={note} class="secondary">
          {note}
        </p>
      ))}
      {first && (
        <p>
          {mayAdminister(account) && (
            <button type="button" class="small" onClick={() => setAsking(true)}>
              Upgrade {service}
            </button>
          )}{" "}
          <Command text={`berth upgrade ${service} --to ${first[1]} --plan`} />
        </p>
      )}
      {asking && <UpgradeDialog service={service} instances={instances} onClose={() => setAsking(false)} />}
    </div>
  );
}

/** The versions that instances run, each once, as they come. */
function versionsOf(instances: readonly InstanceCheck[]): string {
  return [...new Set(instances.map(({ version }) => shortDigests(version)))].join(", ");
}
