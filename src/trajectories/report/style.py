"""The style sheet of a report: inline, light and dark, and fit for print."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1a1a1a; --muted: #595959; --rule: #d4d4d4;
  --card: #f6f6f4; --yes: #00614a; --no: #a03a00; --accent: #005a94; }
@media (prefers-color-scheme: dark) {
  :root { --page: #16181b; --ink: #e8e8e6; --muted: #a9acb0; --rule: #3a3e43; --card: #1f2226;
    --yes: #4fc9a4; --no: #ff9a5c; --accent: #7cc0f0; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.2rem 1.4rem 4rem; max-width: 64rem; background: var(--page);
  color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", "Liberation Sans", sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem; padding-top: .9rem;
  border-top: 1px solid var(--rule); }
p { max-width: 46rem; margin: .6rem 0; }
.subtitle, figcaption, caption, footer { color: var(--muted); }
nav ul { list-style: none; padding: 0; margin: 1rem 0; display: flex; flex-wrap: wrap;
  gap: .2rem 1.1rem; }
a { color: var(--accent); }
.note { background: var(--card); border-left: 4px solid var(--accent); padding: .6rem 1rem;
  margin: 1rem 0; max-width: 46rem; }
.note p { margin: .2rem 0; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; caption-side: top; padding: 0 0 .4rem; }
caption span { position: sticky; left: 0; display: inline-block;
  max-width: min(46rem, calc(100vw - 3rem)); }
th, td { padding: .28rem .8rem .28rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--rule); }
thead th { border-bottom: 2px solid var(--ink); vertical-align: bottom; }
th.number, td.number { text-align: right; }
td.number { white-space: nowrap; }
td.text { min-width: 9rem; }
td.yes, td.no, td.muted, td.short { white-space: nowrap; }
td.yes { color: var(--yes); font-weight: 600; }
td.no { color: var(--no); font-weight: 600; }
td.muted { color: var(--muted); }
figure { margin: 1.2rem 0; }
figure img { display: block; max-width: min(100%, 46rem); height: auto; background: #fff;
  padding: .6rem; border-radius: 6px; border: 1px solid var(--rule); }
figure .scroll { margin: 0; }
figcaption { font-size: .875rem; max-width: 46rem; margin-top: .4rem; }
footer { margin-top: 3rem; padding-top: .8rem; border-top: 1px solid var(--rule);
  font-size: .8125rem; }
@media screen and (max-width: 44rem) {  /* letters of a figure stay legible: it scrolls */
  figure img { min-width: 40rem; }
}
@media print {
  :root { --page: #fff; --ink: #000; --muted: #444; --rule: #bbb; --card: #fff; --yes: #00513d;
    --no: #7d2d00; --accent: #003f68; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  figure, tr, .note { break-inside: avoid; }
  figure img { max-height: 25.5cm; width: auto; border: 0; padding: 0; }
  table { font-size: 7.5pt; }
  th, td { padding: .2rem .5rem .2rem 0; }
  td.text { min-width: 0; }
  h2, caption, thead { break-after: avoid; }
  tbody tr:first-child { break-before: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; }
  caption span { max-width: none; }
}
"""
