import { render } from "preact";
import { config } from "zod";
import { App } from "./app.tsx";
import { startClock } from "./clock.ts";
import { watchLocation } from "./routes/location.ts";
import { startTheme } from "./theme.ts";
import "uplot/dist/uPlot.min.css";
import "./styles/main.css";

// zod would build its validators with `new Function`, which the page's Content-Security-Policy does not admit.
config({ jitless: true });

startTheme();
watchLocation();
startClock();
const target = document.getElementById("app");
if (target) render(<App />, target);
