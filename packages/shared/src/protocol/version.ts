/** Protocol between agent and controller, `major.minor`. An agent of the same major and an older minor works. */
export const protocolVersion = { major: 1, minor: 3 } as const;

export type ProtocolVersion = { major: number; minor: number };
export type Compatibility = "current" | "outdated" | "unsupported";

/** How the controller sees an agent of that protocol version. */
export function compatibilityOf(agent: ProtocolVersion, controller: ProtocolVersion = protocolVersion): Compatibility {
  if (agent.major !== controller.major) return "unsupported";
  if (agent.minor === controller.minor) return "current";
  return agent.minor < controller.minor ? "outdated" : "unsupported";
}

/** What the controller speaks with it. An agent of 1.0 refuses one that is more than a minor ahead of it. */
export function spokenWith(agent: ProtocolVersion): ProtocolVersion {
  return { major: protocolVersion.major, minor: Math.min(agent.minor, protocolVersion.minor) };
}

/** Whether a peer knows what came with that minor version. */
export function knows(minor: number, peer: ProtocolVersion | null | undefined): boolean {
  return peer !== null && peer !== undefined && peer.minor >= minor;
}
