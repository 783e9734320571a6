import packageJson from "../../package.json" with { type: "json" };

/** Version of controller, CLI and the agent that comes with them. */
export const version: string = packageJson.version;
