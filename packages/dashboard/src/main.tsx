import "./validation.ts";
import { render } from "preact";
import { App } from "./app.tsx";
import { startClock } from "./clock.ts";
import { watchLocation } from "./routes/location.ts";
import { startTheme } from "./theme.ts";
import "uplot/dist/uPlot.min.css";
import "./styles/main.css";

startTheme();
watchLocation();
startClock();
const target = document.getElementById("app");
if (target) render(<App />, target);
