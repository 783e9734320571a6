import type { ImageDefinition } from "../definition.ts";
import { baseLayer } from "../layers.ts";

/** A container that does nothing and weighs next to nothing, for measuring what watching many of them costs. */
export const idle: ImageDefinition = {
  repository: "docker.io/berth-lab/idle",
  tags: ["1"],
  layers: [baseLayer],
  config: { entrypoint: ["/usr/bin/tini", "--", "sleep", "infinity"] },
  source: "https://packages.debian.org/trixie/coreutils",
  standIn: true,
};
