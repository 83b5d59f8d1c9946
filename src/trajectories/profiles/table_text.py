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


def _cell(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace("|", r"\|").replace("\n", " ")
    return text.replace("<", "&lt;").replace(">", "&gt;")
