import { startUpgrade, type InstanceCheck } from "@berth/shared/api/upgrades";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import type { OnFailure } from "@berth/shared/operations/instance-upgrade";
import type { Plan } from "@berth/shared/operations/plan";
import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { newest } from "../fleet/newer-versions.ts";
import { formatCount } from "../format/count.ts";
import { PlanDialog, type AskForChange } from "./plan-dialog.tsx";

interface UpgradeDialogProps {
  service: string;
  instances: readonly InstanceCheck[];
  /** They are one of the service's, and the others stay. Otherwise they are all of them. */
  isOne?: boolean;
  onClose: () => void;
}

const failureWords: readonly (readonly [OnFailure, string])[] = [
  ["stop", "it stops, and those that were moved stay so"],
  ["rollback-all", "it stops, and all of them go back"],
];

/** Which version, which instances, which first, and what if one fails: planned anew at each choice. */
export function UpgradeDialog({ service, instances: given, isOne = false, onClose }: UpgradeDialogProps): JSX.Element {
  // As it was opened: choices do not change under the hand that makes them.
  const [instances] = useState(given);
  const free = instances.filter((one) => !one.held);
  const versions = newest(free);
  const [version, setVersion] = useState(versions[0]?.[1] ?? "");
  const [left, setLeft] = useState<readonly string[]>([]);
  const [canary, setCanary] = useState("");
  const [onFailure, setOnFailure] = useState<OnFailure>("stop");
  const [backup, setBackup] = useState(true);
  const [acceptMajor, setAcceptMajor] = useState(false);
  const [retry, setRetry] = useState(false);

  const chosen = free.map(({ instance }) => instance).filter((name) => !left.includes(name));
  const only = left.length === 0 && !isOne ? "" : chosen.join(" ");
  const first = chosen.includes(canary) ? canary : "";
  const isMajor = versions.some(([step, offered]) => step === "major" && offered === version);
  const ask: AskForChange = useCallback(
    async (dryRun, signal) => {
      const names = only === "" ? [] : only.split(" ");
      const choices = { onFailure, backup, retry, acceptMajor: isMajor && acceptMajor };
      const body = { service, version, only: names, ...(first === "" ? {} : { canary: first }), ...choices, dryRun };
      return call(startUpgrade, { body, signal });
    },
    [service, version, only, first, onFailure, backup, retry, isMajor, acceptMajor],
  );
  return (
    <PlanDialog title={`Upgrade ${isOne ? chosen.join() : service}`} ask={ask} confirm={confirmText} onClose={onClose}>
      <label>
        Version{" "}
        <select value={version} onChange={(event) => setVersion(event.currentTarget.value)}>
          {versions.map(([step, offered]) => (
            <option key={offered} value={offered}>
              {shortDigests(offered)} ({step})
            </option>
          ))}
        </select>
      </label>
      {!isOne && (
        <fieldset>
          <legend>Instances</legend>
          {free.map(({ instance }) => (
            <Choice
              key={instance}
              words={instance}
              checked={!left.includes(instance)}
              // At least one of them is to be moved.
              disabled={chosen.length === 1 && chosen[0] === instance}
              onChange={(checked) => setLeft(checked ? left.filter((name) => name !== instance) : [...left, instance])}
            />
          ))}
        </fieldset>
      )}
      {chosen.length > 1 && (
        <label>
          First, by itself{" "}
          <select value={first} onChange={(event) => setCanary(event.currentTarget.value)}>
            <option value="">the first of those that move</option>
            {chosen.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        If one fails{" "}
        <select value={onFailure} onChange={(event) => setOnFailure(event.currentTarget.value as OnFailure)}>
          {failureWords.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <Choice words="Back up and verify first, where the fleet has backups" checked={backup} onChange={setBackup} />
      {isMajor && (
        <Choice
          words="What the catalog says of this major version is taken care of"
          checked={acceptMajor}
          onChange={setAcceptMajor}
        />
      )}
      <Choice words="Also where an instance went back from this version before" checked={retry} onChange={setRetry} />
    </PlanDialog>
  );
}

/** Those that run the version already are passed by: the plan tells how many move. */
function confirmText(plan: Plan | undefined): string {
  const moves = plan?.operations.filter(({ kind }) => kind === "instance.upgrade").length;
  return moves === undefined ? "Upgrade" : `Upgrade ${formatCount(moves, "instance")}`;
}

interface ChoiceProps {
  words: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

function Choice({ words, checked, disabled = false, onChange }: ChoiceProps): JSX.Element {
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />{" "}
      {words}
    </label>
  );
}
