import { Environment } from "../base/environment.ts";
import { runStandIn } from "../base/program.ts";
import { createRoutedServer } from "../base/server.ts";

/** Stand-in for imgproxy: it says that it is there, and leaves images as they are to others. */
runStandIn("imgproxy", () => {
  const environment = new Environment(process.env);
  const bind = environment.text("IMGPROXY_BIND", { pattern: /^[^:]*:\d+$/, must: "be an address and a port: :8080" });
  environment.text("IMGPROXY_MAX_SRC_RESOLUTION", { pattern: /^\d+(\.\d+)?$/, must: "be a number of megapixels" });
  const port = new Environment({ IMGPROXY_BIND: bind.split(":")[1] }).port("IMGPROXY_BIND");
  return { servers: [[createRoutedServer({ "GET /health": () => ({ body: "imgproxy is running" }) }), port]] };
});
