/** File systems of a node and how full they are, and the largest of its volumes. */
import type { NodeDisks as DisksOfNode, Volume } from "@berth/shared/api/disks";
import { formatBytes, formatShare, shareOf } from "@berth/shared/metrics/units";
import type { FileSystem } from "@berth/shared/protocol/disks";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCount } from "../format/count.ts";
import { sentences } from "../format/sentences.ts";
import { shortVolumeName } from "../format/volume-name.ts";
import { instancePath } from "../routes/route.ts";
import type { Answer } from "../session/use-answer.ts";
import { Ago } from "./elapsed.tsx";

export const shownVolumes = 5;
/** From this share of what there may be on, it is worth a look. */
const warning = 0.9;

interface NodeDisksProps {
  disks: Answer<DisksOfNode | null>;
  isOnline: boolean;
}

export function NodeDisks({ disks: { answer: disks, error }, isOnline }: NodeDisksProps): JSX.Element | null {
  if (error !== undefined) return <p class="trouble">What is on its disks is not known: {sentences(error)}</p>;
  if (!disks) return null;
  return (
    <>
      {disks.fileSystems.length > 0 && (
        <FileSystems fileSystems={disks.fileSystems} readAt={isOnline ? null : disks.readAt} />
      )}
      {disks.volumes.length > 0 && <Volumes volumes={disks.volumes} />}
    </>
  );
}

interface FileSystemsProps {
  fileSystems: readonly FileSystem[];
  /** When they were told; null: just now. */
  readAt: string | null;
}

function FileSystems({ fileSystems, readAt }: FileSystemsProps): JSX.Element {
  return (
    <section aria-labelledby="disks-title">
      <h2 id="disks-title">Disks</h2>
      {readAt !== null && (
        <p class="muted">
          As told <Ago moment={readAt} />.
        </p>
      )}
      <table class="list disks">
        <thead>
          <tr>
            <th class="column-subject" scope="col">
              Mounted at
            </th>
            <th class="column-fill" scope="col">
              Used
            </th>
            <th class="column-size" scope="col">
              <span class="visually-hidden">Of how much</span>
            </th>
            <th class="column-device" scope="col">
              Device
            </th>
          </tr>
        </thead>
        <tbody>
          {fileSystems.map((one) => (
            <FileSystemRow key={one.mountpoint} fileSystem={one} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function FileSystemRow({ fileSystem }: { fileSystem: FileSystem }): JSX.Element {
  const { mountpoint, device, type, readOnly, usedBytes, sizeBytes, inodes } = fileSystem;
  const isSilent = usedBytes === null || sizeBytes === null;
  const files = inodes === null ? Number.NaN : shareOf(inodes.used, inodes.total);
  return (
    <tr data-row={mountpoint}>
      <th class="column-subject mono" scope="row">
        {mountpoint}
      </th>
      <td class={isSilent ? "column-fill blank" : "column-fill"}>
        {isSilent ? <span class="muted">–</span> : <Fill share={shareOf(usedBytes, sizeBytes)} />}
        {files >= warning && (
          <>
            {" "}
            <span class="tag tag-warning">{formatShare(files)} of inodes</span>
          </>
        )}
      </td>
      <td class="column-size">
        {isSilent ? (
          <span class="tag tag-warning">does not answer</span>
        ) : (
          `${formatBytes(usedBytes)} of ${formatBytes(sizeBytes)}`
        )}
      </td>
      <td class="column-device secondary">
        <span class="mono">{device}</span> {type}
        {readOnly && ", read-only"}
      </td>
    </tr>
  );
}

function Fill({ share }: { share: number }): JSX.Element {
  return (
    <span class={share >= warning ? "fill fill-warning" : "fill"}>
      <Bar share={share} />
      <span class="fill-share">{formatShare(share)}</span>
    </span>
  );
}

/** Beside the number that it draws. */
function Bar({ share }: { share: number }): JSX.Element {
  return (
    <svg class="fill-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect width={Math.min(100, share * 100) || 0} height="8" />
    </svg>
  );
}

function Volumes({ volumes }: { volumes: readonly Volume[] }): JSX.Element {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? volumes : volumes.slice(0, shownVolumes);
  const others = volumes.slice(shown.length);
  const most = Math.max(...shown.map(({ bytes }) => bytes ?? 0));
  return (
    <section aria-labelledby="volumes-title">
      <h2 id="volumes-title">Volumes</h2>
      <table class="list volumes">
        <thead>
          <tr>
            <th class="column-subject" scope="col">
              Name
            </th>
            <th class="column-fill" scope="col">
              Size
            </th>
            <th class="column-device" scope="col">
              Instance
            </th>
            <th class="column-when" scope="col">
              Measured
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((volume) => (
            <VolumeRow key={volume.name} volume={volume} most={most} />
          ))}
        </tbody>
      </table>
      {others.length > 0 && (
        <p class="muted">
          {formatCount(others.length, "smaller volume")} more:{" "}
          {formatBytes(others.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0))}.{" "}
          <button type="button" class="small" onClick={() => setWhole(true)}>
            Show all
          </button>
        </p>
      )}
    </section>
  );
}

/** Bars of volumes are drawn against the largest one. */
function VolumeRow({ volume, most }: { volume: Volume; most: number }): JSX.Element {
  const { name, instance, bytes, measuredAt } = volume;
  return (
    <tr data-row={name}>
      <th class="column-subject mono" scope="row" title={name}>
        {shortVolumeName(name)}
      </th>
      <td class="column-fill">
        {bytes === null ? (
          <span class="muted">–</span>
        ) : (
          <span class="fill">
            <Bar share={shareOf(bytes, most)} />
            <span class="fill-share">{formatBytes(bytes)}</span>
          </span>
        )}
      </td>
      <td class="column-device">
        {instance === null ? <span class="muted">none</span> : <a href={instancePath(instance)}>{instance}</a>}
      </td>
      <td class="column-when">
        {measuredAt === null ? <span class="muted">not yet</span> : <Ago moment={measuredAt} />}
      </td>
    </tr>
  );
}
