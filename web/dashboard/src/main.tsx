import { render } from "preact";
import { App } from "./App";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/chart.css";
import "./styles/tables.css";
import "./styles/pages.css";
import "uplot/dist/uPlot.min.css";

const root = document.getElementById("app");
if (root) render(<App />, root);
