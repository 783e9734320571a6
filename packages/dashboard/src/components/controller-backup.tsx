/** How the controller's own backup stands, in a line or two above those of the owners. */
import type { ControllerStanding } from "@berth/shared/api/status";
import type { JSX } from "preact";
import { keyTrouble, standingOf } from "../fleet/backup-rows.ts";
import { Command } from "./command.tsx";
import { Ago } from "./elapsed.tsx";
import { SeverityMark } from "./state-mark.tsx";

export function ControllerBackup({ standing }: { standing: ControllerStanding }): JSX.Element {
  const trouble = keyTrouble(standing);
  return (
    <section aria-label="The controller's own backup">
      <p class="summary-line">
        <SeverityMark severity={standingOf(standing) === "complete" ? "good" : "warning"} />
        <span>
          The controller's own: <Words standing={standing} />
        </span>
      </p>
      {trouble !== undefined && (
        <p class="summary-line">
          <SeverityMark severity="warning" />
          <span>{trouble === "not kept" ? <KeyNotKept /> : <FormerKey />}</span>
        </p>
      )}
    </section>
  );
}

function Words({ standing: { newest, failed, lateSince } }: { standing: ControllerStanding }): JSX.Element {
  return (
    <>
      {lateSince !== null && (
        <>
          late, was due <Ago moment={lateSince} />;{" "}
        </>
      )}
      {failed !== null && (
        <>
          failed <Ago moment={failed.createdAt} />
          {failed.error === null ? "" : `: ${failed.error}`};{" "}
        </>
      )}
      {newest === null ? (
        "none yet: a controller that is lost cannot be rebuilt."
      ) : (
        <>
          the newest was made <Ago moment={newest.createdAt} />.
        </>
      )}
    </>
  );
}

function KeyNotKept(): JSX.Element {
  return (
    <>
      Nobody has the key that opens it. Keep what this prints, elsewhere:{" "}
      <Command text="berth controller recovery-key" />
    </>
  );
}

function FormerKey(): JSX.Element {
  return (
    <>
      The newest is opened by a former recovery key. <code>berth controller backup</code> makes one for the present key.
    </>
  );
}
