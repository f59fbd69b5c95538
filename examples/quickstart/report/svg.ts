/** Draws charts to SVG on the server: Observable Plot over a light DOM. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { Markup } from "./markup.ts";

/** What a chart says to those who do not see it. */
export interface ChartWords {
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

const WIDTH = 720;

const { document } = parseHTML("<!doctype html><html><body></body></html>");

/** Draws a chart. Colours come as CSS variables, so that they follow the page's scheme; text has the page's colour. */
export function draw(options: Plot.PlotOptions, { id, title, description }: ChartWords): Markup {
  const svg = Plot.plot({
    document,
    width: WIDTH,
    className: "chart",
    style: { fontSize: "13px" },
    ...options,
  });
  const words = { title, desc: description };
  const [first] = svg.childNodes;
  for (const [name, text] of Object.entries(words)) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    element.setAttribute("id", `${id}-${name}`);
    element.textContent = text;
    svg.insertBefore(element, first ?? null);
  }
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-labelledby", `${id}-title ${id}-desc`);
  return new Markup(svg.outerHTML);
}
