import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { newest } from "../fleet/newer-versions.ts";
import { mayAdminister } from "../session/may.ts";
import { useSession } from "../session/session.ts";
import { useFleetStatus } from "../session/use-answer.ts";
import { UpgradeDialog } from "./upgrade-dialog.tsx";

/** Moves one instance to a newer version, where there is one and nobody holds it, for accounts that may. */
export function UpgradeAction({ instance }: { instance: string }): JSX.Element | null {
  const { account } = useSession();
  return mayAdminister(account) ? <OfferedUpgrade instance={instance} /> : null;
}

function OfferedUpgrade({ instance }: { instance: string }): JSX.Element | null {
  const check = useFleetStatus().answer?.upgrades?.instances.find((one) => one.instance === instance);
  const [asking, setAsking] = useState(false);
  if (!check) return null;
  const isOffered = !check.held && newest([check]).length > 0;
  return (
    <>
      {isOffered && (
        <button type="button" onClick={() => setAsking(true)}>
          Upgrade
        </button>
      )}
      {asking && <UpgradeDialog service={check.service} instances={[check]} isOne onClose={() => setAsking(false)} />}
    </>
  );
}
