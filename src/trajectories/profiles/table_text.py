"""Tables of words as Markdown and HTML; every text is escaped."""

from __future__ import annotations

from html import escape

import pandas as pd


def markdown_table(table: pd.DataFrame) -> str:
    """Return a table as Markdown; its columns are the headings."""
    head = [f"| {' | '.join(map(str, table))} |", f"|{' --- |' * table.shape[1]}"]
    body = [
        f"| {' | '.join(_cell(cell) for cell in row)} |"
        for row in table.itertuples(index=False, name=None)
    ]
    return "\n".join([*head, *body, ""])


def html_table(table: pd.DataFrame, caption: str) -> str:
    """Return a table as HTML with a caption."""
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in table)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in table.itertuples(index=False, name=None)
    )
    return (
        f"<table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>\n"
    )


STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --line: #d5d5d5; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececec; --paper: #17191c; --line: #3a3f45; } }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, sans-serif; }
table { border-collapse: collapse; width: 100%; margin: 0 0 1.5rem; }
caption { text-align: left; font-weight: 600; font-size: 1.1rem; padding: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem 0.3rem 0; }
tr { border-bottom: 1px solid var(--line); break-inside: avoid; }
td { overflow-wrap: anywhere; } td:first-child { min-width: 4.5rem; }
@media print { :root { --ink: #000; --paper: #fff; } }
"""


def html_page(title: str, body: str) -> str:
    """Return a fragment as a page of its own, light and dark, that loads nothing."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}"
        "</body>\n</html>\n"
    )


def _cell(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace("|", r"\|").replace("\n", " ")
    return text.replace("<", "&lt;").replace(">", "&gt;")
