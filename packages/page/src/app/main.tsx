/** The page's entry point: finds where the data comes from, and draws the page. */
import { render } from "preact";
import { App } from "./app.tsx";
import { findSource } from "./source/find-source.ts";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/parts.css";
import "./styles/views.css";
import "./styles/grid.css";
import "./styles/chart.css";
import "./styles/print.css";

const root = document.getElementById("page");
if (root !== null) {
  root.replaceChildren();
  render(<App page={findSource(document)} />, root);
}
