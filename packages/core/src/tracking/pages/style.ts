/** The style of the pages: one sheet, light and dark, for any width, with the brand's colour where that can be seen. Pure. */
import type { CheckedBrand } from "./brand.ts";
import { contrast, textOn } from "./contrast.ts";

/** The colours of one mode. */
export interface Palette {
  readonly text: string;
  readonly quiet: string;
  readonly page: string;
  readonly line: string;
  readonly field: string;
  readonly accent: string;
}

/** By day. */
export const LIGHT: Palette = {
  text: "#1a1a1a",
  quiet: "#4d4d4d",
  page: "#ffffff",
  line: "#757575",
  field: "#ffffff",
  accent: "#1a4fa3",
};

/** By night. */
export const DARK: Palette = {
  text: "#f0f0f0",
  quiet: "#bdbdbd",
  page: "#16181c",
  line: "#8f8f8f",
  field: "#1f2228",
  accent: "#8ab4f8",
};

/** What parts of a page need to be told from their surroundings (WCAG 2.2, 1.4.11). */
const LEAST_CONTRAST = 3;

function variables(palette: Palette, brandColor: string | null): string {
  const accent = brandColor ?? palette.accent;
  const seen = contrast(accent, palette.page) >= LEAST_CONTRAST;
  const values = {
    text: palette.text,
    quiet: palette.quiet,
    page: palette.page,
    line: palette.line,
    field: palette.field,
    accent,
    "on-accent": textOn(accent),
    // A colour that would not be seen keeps to the inside of the button.
    edge: seen ? accent : palette.text,
  };
  return Object.entries(values)
    .map(([name, value]) => `--${name}:${value};`)
    .join("");
}

const RULES = `
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;font:1.0625rem/1.55 system-ui,sans-serif;color:var(--text);background:var(--page)}
header,main{max-width:36rem;margin:0 auto;padding:0 1.25rem}
header{padding-block-start:1.5rem}
main{padding-block:1.5rem 4rem}
.brand{margin:0;font-weight:700;font-size:1.125rem;overflow-wrap:anywhere}
.brand img{display:block;max-width:100%;height:auto;max-height:48px}
h1,h2{line-height:1.25;overflow-wrap:anywhere;hyphens:auto}
h1{font-size:1.625rem;margin:0 0 1rem}
h2{font-size:1.1875rem;margin:0 0 .5rem}
p{margin:0 0 1rem}
form{margin:0}
.notice{padding:.75rem 1rem;border:1px solid var(--line);border-inline-start:.375rem solid var(--edge);border-radius:.25rem;background:var(--field)}
fieldset{margin:0 0 1.5rem;padding:.25rem 1rem 1rem;border:1px solid var(--line);border-radius:.375rem;min-width:0}
legend{padding:0 .375rem;margin-inline-start:-.375rem;font-weight:700;font-size:1.125rem}
.hint,.about{color:var(--quiet);font-size:.9375rem}
.hint{margin:0 0 .75rem}
.choice{display:flex;gap:.75rem;align-items:flex-start;padding:.5rem 0}
.choice input{flex:none;width:1.5rem;height:1.5rem;margin:.125rem 0 0;accent-color:var(--edge)}
.choice label{display:block;font-weight:600;overflow-wrap:anywhere;hyphens:auto}
.about{margin:0;overflow-wrap:anywhere}
.field{margin:.75rem 0 0}
.field label{display:block;font-weight:600;margin:0 0 .25rem}
select{font:inherit;width:100%;min-height:2.75rem;padding:.375rem .625rem;color:var(--text);background:var(--field);border:1px solid var(--line);border-radius:.375rem}
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.25rem;border:2px solid var(--edge);border-radius:.375rem;color:var(--on-accent);background:var(--accent);cursor:pointer}
button.plain{color:var(--text);background:transparent;border-color:var(--line)}
section{margin-block-start:2.5rem;padding-block-start:1.5rem;border-block-start:1px solid var(--line)}
a{color:inherit;text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--text);outline-offset:3px}
.more{margin-block-start:1.5rem}
@media (max-width:30rem){button{width:100%}}
@media (forced-colors:active){.notice{border-inline-start-color:Highlight}}
`.replaceAll("\n", "");

/** The style sheet of a brand's pages. */
export function styleOf(brand: CheckedBrand | null): string {
  const light = variables(LIGHT, brand?.accentColor ?? null);
  const dark = variables(DARK, brand?.darkAccentColor ?? null);
  return `:root{${light}}@media (prefers-color-scheme:dark){:root{${dark}}}${RULES}`;
}
