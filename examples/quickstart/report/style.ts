/** How the report looks: light and dark, on screens and paper. The colours keep apart for every kind of colour vision (Okabe and Ito). */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1b1b; --soft: #5a5a5a; --line: #d9d9d9; --tile: #f5f5f3;
  --sent: #0072b2; --failed: #d55e00; --skipped: #e69f00; --uncertain: #cc79a7;
  --people: #0072b2; --revenue: #009e73; --cost: #d55e00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181c; --ink: #ececec; --soft: #a9adb3; --line: #3a3d43; --tile: #202329;
    --sent: #56b4e9; --failed: #ff8a3d; --skipped: #f0c44c; --uncertain: #e5a3c6;
    --people: #56b4e9; --revenue: #3ecf9f; --cost: #ff8a3d;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 48rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 0 0 .5rem; }
p { margin: 0 0 1rem; }
.soft { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0 2.5rem; padding: 0; list-style: none; }
.tiles li { background: var(--tile); border-radius: .5rem; padding: .75rem 1rem; }
.tiles b { display: block; font-size: 1.45rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--soft); font-size: .875rem; }
figure { margin: 0 0 2.5rem; }
.chart { display: block; width: 100%; height: auto; overflow: visible; }
.keys { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .25rem 0 .5rem; padding: 0; list-style: none; font-size: .875rem; }
.keys li::before { content: ""; display: inline-block; width: .75rem; height: .75rem; margin-right: .4rem; border-radius: 2px; background: var(--key); }
details { font-size: .875rem; }
summary { cursor: pointer; color: var(--soft); }
summary:focus-visible { outline: 2px solid var(--sent); outline-offset: 2px; }
.scroll { max-height: 20rem; overflow: auto; }
table { border-collapse: collapse; width: 100%; margin-top: .5rem; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
.checks { padding: 0; list-style: none; }
.checks li { padding-left: 1.5rem; text-indent: -1.5rem; }
.checks .broken { color: var(--failed); font-weight: 600; }
@media print { details, summary { display: none; } main { max-width: none; padding: 0; } }
`;
