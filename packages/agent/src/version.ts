import manifest from "../package.json" with { type: "json" };

/** The agent's version; the bundler bakes it in. */
export const agentVersion: string = manifest.version;
