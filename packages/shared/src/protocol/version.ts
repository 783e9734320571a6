/** Protocol between agent and controller, `major.minor`. A peer of the same major and at most one minor older works. */
export const protocolVersion = { major: 1, minor: 1 } as const;

export type ProtocolVersion = { major: number; minor: number };
export type Compatibility = "current" | "outdated" | "unsupported";

/** How the controller sees an agent of that protocol version. */
export function compatibilityOf(agent: ProtocolVersion, controller: ProtocolVersion = protocolVersion): Compatibility {
  if (agent.major !== controller.major) return "unsupported";
  if (agent.minor === controller.minor) return "current";
  return agent.minor === controller.minor - 1 ? "outdated" : "unsupported";
}

/** Whether a peer knows what came with that minor version. */
export function knows(minor: number, peer: ProtocolVersion | null | undefined): boolean {
  return peer !== null && peer !== undefined && peer.minor >= minor;
}
