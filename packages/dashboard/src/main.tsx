// oxlint-disable-next-line import/no-unassigned-import -- its effect must come before any schema is made
import "./validation.ts";
import { render } from "preact";
import { App } from "./app.tsx";
import { startClock } from "./clock.ts";
import { watchLocation } from "./routes/location.ts";
import { startTheme } from "./theme.ts";

startTheme();
watchLocation();
startClock();
const target = document.getElementById("app");
if (target) render(<App />, target);
