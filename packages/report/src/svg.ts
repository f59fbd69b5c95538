/** Draws charts to SVG without a browser: Observable Plot over a light DOM. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { Markup } from "./markup.ts";

/** What a chart says to those who do not see it. */
export interface ChartWords {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/** Two drawings of the same: one for screens and paper, one for telephones, on which the other's letters would be too small. */
export const WIDTHS = { wide: 720, narrow: 350 } as const;

/** Which of them. */
export type Size = keyof typeof WIDTHS;

const { document } = parseHTML("<!doctype html><html><body></body></html>");

function drawOne(size: Size, options: Plot.PlotOptions, { id, title, description }: ChartWords): Markup {
  const svg = Plot.plot({
    document,
    width: WIDTHS[size],
    className: "chart",
    style: { fontSize: "13px" },
    ...options,
  });
  const [first] = svg.childNodes;
  for (const [name, text] of Object.entries({ title, desc: description })) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    element.setAttribute("id", `${id}-${size}-${name}`);
    element.textContent = text;
    svg.insertBefore(element, first ?? null);
  }
  svg.setAttribute("role", "img");
  svg.setAttribute("class", `chart ${size}`);
  svg.setAttribute("aria-labelledby", `${id}-${size}-title ${id}-${size}-desc`);
  return new Markup(svg.outerHTML);
}

/** Draws a chart in both sizes. Colours come as CSS variables, so that they follow the page's scheme; text has the page's colour. */
export function draw(options: (size: Size) => Plot.PlotOptions, words: ChartWords): readonly Markup[] {
  return (["wide", "narrow"] as const).map((size) => drawOne(size, options(size), words));
}
