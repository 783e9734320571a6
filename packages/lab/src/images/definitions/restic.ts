import { restic as engine } from "@berth/shared/backups/restic";
import type { ImageDefinition } from "../definition.ts";
import { baseLayer, debianLayer } from "../layers.ts";

/** The real restic, as Debian has it; with an SSH client for SFTP, as upstream's image. */
export const restic: ImageDefinition = {
  repository: engine.image,
  // Upstream's, which Debian's differs from in its last number at most; the version that it is becomes a tag as well.
  tags: [engine.version],
  versionFrom: { package: "restic" },
  layers: [baseLayer, debianLayer(["restic", "openssh-client"])],
  config: { entrypoint: ["restic"] },
  source: "https://packages.debian.org/trixie/restic",
  standIn: false,
};
