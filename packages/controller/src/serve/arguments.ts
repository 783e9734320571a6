import type { Listen, ServeOptions } from "./options.ts";

/** The arguments of `berth serve` that come to these options. */
export function serveArguments(options: ServeOptions): string[] {
  const { registryMirror, registryMirrorCaFile } = options;
  return [
    ...["--state", options.stateDirectory],
    ...["--configuration", options.configurationDirectory],
    ...["--socket", options.socket],
    ...["--page", formatListen(options.page)],
    ...["--agents", formatListen(options.agents)],
    ...(registryMirror === null ? [] : ["--registry-mirror", registryMirror]),
    ...(registryMirrorCaFile === null ? [] : ["--registry-mirror-ca", registryMirrorCaFile]),
  ];
}

function formatListen(listen: Listen): string {
  if ("socket" in listen) return `unix:${listen.socket}`;
  const { host, port } = listen;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
