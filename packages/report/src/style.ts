/**
 * How the page looks: light and dark, on screens, telephones and paper. The colours keep apart for every kind of colour vision (Okabe and Ito,
 * "Color Universal Design", 2008), and none says anything that no text says.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1b1b; --soft: #595959; --line: #d9d9d9; --tile: #f5f5f3;
  --sent: #0072b2; --failed: #d55e00; --skipped: #e69f00; --uncertain: #cc79a7; --pending: #8c8c8c;
  --people: #0072b2; --machines: #e69f00; --opens: #56b4e9; --revenue: #009e73; --cost: #d55e00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181c; --ink: #ececec; --soft: #adb1b7; --line: #3a3d43; --tile: #202329;
    --sent: #56b4e9; --failed: #ff8a3d; --skipped: #f0c44c; --uncertain: #e5a3c6; --pending: #8f949b;
    --people: #56b4e9; --machines: #f0c44c; --opens: #9ad2f5; --revenue: #3ecf9f; --cost: #ff8a3d;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 48rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 0 0 .5rem; }
h3 { font-size: .875rem; font-weight: 600; margin: .75rem 0 0; }
p { margin: 0 0 .5rem; }
.soft, .note { color: var(--soft); }
.note { font-size: .875rem; max-width: 42rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0 2.5rem; padding: 0; list-style: none; }
.tiles li { background: var(--tile); border-radius: .5rem; padding: .75rem 1rem; }
.tiles b { display: block; font-size: 1.45rem; line-height: 1.3; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.tiles span { color: var(--soft); font-size: .875rem; }
figure, section { margin: 0 0 2.5rem; break-inside: avoid; }
.chart { width: 100%; height: auto; overflow: visible; direction: ltr; }
.wide { display: block; }
.narrow { display: none; }
.keys { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .25rem 0 .5rem; padding: 0; list-style: none; font-size: .875rem; }
.keys li::before { content: ""; display: inline-block; width: .75rem; height: .75rem; margin-inline-end: .4rem; border-radius: 2px; background: var(--key); print-color-adjust: exact; }
details { font-size: .875rem; }
summary { cursor: pointer; color: var(--soft); padding: .25rem 0; }
summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--sent); outline-offset: 2px; }
.scroll { max-height: 22rem; overflow: auto; }
table { border-collapse: collapse; width: 100%; margin-top: .25rem; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { text-align: end; padding: .3rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; }
tbody th { font-weight: 400; overflow-wrap: anywhere; }
th:first-child, td:first-child { text-align: start; padding-inline-start: 0; }
td { white-space: nowrap; }
.notes { padding: 0; list-style: none; }
.notes li { margin: 0 0 .25rem; overflow-wrap: anywhere; }
@media (max-width: 34rem) {
  main { padding: 1.25rem 1rem 3rem; }
  .tiles { grid-template-columns: repeat(2, 1fr); gap: .5rem; }
  .tiles b { font-size: 1.25rem; }
  .wide { display: none; }
  .narrow { display: block; }
}
@media print {
  :root { color-scheme: light; --paper: #ffffff; --ink: #000000; --soft: #444444; }
  main { max-width: none; padding: 0; }
  details { display: none; }
  .scroll { max-height: none; overflow: visible; }
  .tiles li { border: 1px solid var(--line); }
  svg { print-color-adjust: exact; }
}
`;
