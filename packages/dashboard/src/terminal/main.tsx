// oxlint-disable-next-line import/no-unassigned-import -- its effect must come before any schema is made
import "../validation.ts";
import { render } from "preact";
import { readTerminalAddress } from "../routes/terminal-address.ts";
import { startTheme } from "../theme.ts";
import { TerminalPage } from "./terminal-page.tsx";

startTheme();
const target = document.getElementById("app");
const { instance, container } = readTerminalAddress(location.search);
if (target) render(<TerminalPage instance={instance} container={container} />, target);
