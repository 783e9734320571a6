import { runStandIn } from "../base/program.ts";
import { createGrafana } from "./server.ts";

/** Stand-in for Grafana: provisions itself from the same files, has the same login, and asks the data source for panels. */
runStandIn("Grafana", () => {
  const { server, settings, close } = createGrafana(process.env);
  return { servers: [[server, settings.port]], close };
});
