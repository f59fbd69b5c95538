/** Labelled bars, one under the other; on a telephone each under its label. */
import * as Plot from "@observablehq/plot";
import type { Markup } from "../markup.ts";
import { type ChartWords, draw, type Size } from "../svg.ts";

/** One bar, of one or several parts. */
export interface Bar {
  readonly label: string;
  readonly parts: readonly { readonly value: number; readonly color: string }[];
  /** What stands behind it. */
  readonly text: string;
}

const FRAMES = {
  wide: { row: 34, left: 252, right: 140, longest: 34 },
  narrow: { row: 50, left: 2, right: 118, longest: 44 },
} as const;

function cut(text: string, longest: number): string {
  const signs = [...text];
  return signs.length <= longest ? text : `${signs.slice(0, longest - 1).join("")}…`;
}

function options(bars: readonly Bar[], size: Size): Plot.PlotOptions {
  const { row, left, right, longest } = FRAMES[size];
  const narrow = size === "narrow";
  // By number: two bars may have the same label.
  const parts = bars.flatMap(({ parts: of }, number) => {
    let end = 0;
    return of.map(({ value, color }) => {
      const start = end;
      end += value;
      return { number, start, end, color };
    });
  });
  const ends = bars.map(({ parts: of, text, label }, number) => ({
    number,
    text,
    label: cut(label, longest),
    end: of.reduce((sum, { value }) => sum + value, 0),
  }));
  const inset = narrow ? { insetTop: 26, insetBottom: 6 } : { insetTop: 5, insetBottom: 5 };
  return {
    height: bars.length * row + 8,
    marginLeft: left,
    marginRight: right,
    marginTop: 4,
    marginBottom: 4,
    x: { axis: null, domain: [0, Math.max(...ends.map(({ end }) => end), 1e-9)] },
    y: { axis: null, domain: bars.map((_, number) => number) },
    marks: [
      Plot.barX(parts, { x1: "start", x2: "end", y: "number", fill: "color", ...inset, rx: 2 }),
      Plot.text(ends, {
        x: "end",
        y: "number",
        text: "text",
        textAnchor: "start",
        dx: 6,
        dy: narrow ? 10 : 0,
        fill: "currentColor",
      }),
      Plot.text(ends, {
        x: 0,
        y: "number",
        text: "label",
        textAnchor: narrow ? "start" : "end",
        dx: narrow ? 0 : -8,
        dy: narrow ? -12 : 0,
        fill: "currentColor",
      }),
      // On a telephone it would run through the labels.
      ...(narrow ? [] : [Plot.ruleX([0], { stroke: "currentColor" })]),
    ],
  };
}

/** Draws them. At least one. */
export function drawBars(bars: readonly Bar[], words: ChartWords): readonly Markup[] {
  return draw((size) => options(bars, size), words);
}
