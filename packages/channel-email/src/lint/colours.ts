/** Colours as HTML mail writes them, and how well one can be read on another (WCAG 2.2, 1.4.3). Pure. */

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** The names of HTML 4, and the few others that templates use. */
const NAMES: Readonly<Record<string, string>> = {
  black: "000000",
  silver: "c0c0c0",
  gray: "808080",
  grey: "808080",
  white: "ffffff",
  maroon: "800000",
  red: "ff0000",
  purple: "800080",
  fuchsia: "ff00ff",
  green: "008000",
  lime: "00ff00",
  olive: "808000",
  yellow: "ffff00",
  navy: "000080",
  blue: "0000ff",
  teal: "008080",
  aqua: "00ffff",
  orange: "ffa500",
  lightgray: "d3d3d3",
  lightgrey: "d3d3d3",
  darkgray: "a9a9a9",
  darkgrey: "a9a9a9",
  whitesmoke: "f5f5f5",
};

/** Reads a colour; `null` for what is none, lets others shine through, or hangs on other rules. */
export function readColour(text: string): Colour | null {
  const value = text.trim().toLowerCase();
  const hex = Object.hasOwn(NAMES, value) ? NAMES[value] : /^#([0-9a-f]{3}|[0-9a-f]{6})$/.exec(value)?.[1];
  if (hex !== undefined) {
    const wide = hex.length === 3 ? hex.replace(/./g, "$&$&") : hex;
    const part = (place: number): number => Number.parseInt(wide.slice(place, place + 2), 16);
    return [part(0), part(2), part(4)];
  }
  const rgb = /^rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+(?:1|1\.0|100%))?\s*\)$/.exec(
    value,
  );
  if (rgb === null) return null;
  return [byte(rgb[1]), byte(rgb[2]), byte(rgb[3])];
}

function byte(text: string | undefined): number {
  return Math.min(255, Number(text ?? 0));
}

/** Relative luminance (WCAG 2.2, definitions). */
function luminance([red, green, blue]: Colour): number {
  const linear = (value: number): number => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** The contrast of two colours, 1 to 21. */
export function contrastOf(one: Colour, other: Colour): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
