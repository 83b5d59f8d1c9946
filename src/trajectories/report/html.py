"""A self-contained HTML report: sections of text, tables, figures and notes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import counted
from trajectories.report.style import STYLE
from trajectories.report.tables import table_html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Report", "write_report"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Report:
    """Gather sections, and turn them into one HTML page that needs nothing else.

    Every text is escaped; styles and images are in the page; there are no scripts, and a content
    policy in the page forbids any request. Methods add to the last section and return the
    report, so that calls can be chained.

    Parameters
    ----------
    title, subtitle : str
        Head of the page.
    """

    def __init__(self, title: str, subtitle: str = "") -> None:
        self.title = title
        self.subtitle = subtitle
        self._head: list[str] = []
        self._sections: list[tuple[str, list[str]]] = []
        self._footer = ""

    def section(self, heading: str) -> Report:
        """Begin a section."""
        self._sections.append((heading, []))
        return self

    def text(self, *paragraphs: str) -> Report:
        """Add paragraphs."""
        return self._add("".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in paragraphs))

    def note(self, *paragraphs: str) -> Report:
        """Add paragraphs that are set apart: what a reader must not miss."""
        inner = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
        return self._add(f'<div class="note" role="note">{inner}</div>\n')

    def table(
        self,
        frame: pd.DataFrame,
        caption: str = "",
        formats: Mapping[str, Any] | None = None,
        headings: Mapping[str, str] | None = None,
        index: bool = False,
    ) -> Report:
        """Add a table; see :func:`trajectories.report.table_html`."""
        return self._add(table_html(frame, caption, formats, headings, index))

    def figure(self, figure: Figure, alt: str, caption: str = "") -> Report:
        """Add a figure as an SVG image within the page.

        Parameters
        ----------
        figure : Figure
            From ``trajectories.plot``.
        alt : str
            What the figure shows, for who cannot see it; not empty.
        caption : str
            Below the figure.
        """
        from trajectories.plot import figure_bytes

        if not alt.strip():
            raise InputError("a figure in a report needs a text in alt= that says what it shows")
        data = b64encode(figure_bytes(figure, "svg")).decode("ascii")
        below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
        image = f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(alt)}">'
        return self._add(f'<figure><div class="scroll">{image}</div>{below}</figure>\n')

    def footer(self, text: str) -> Report:
        """Set the line at the foot of the page: versions and seed."""
        self._footer = text
        return self

    def html(self) -> str:
        """Return the page."""
        title = escape(self.title)
        subtitle = f'<p class="subtitle">{escape(self.subtitle)}</p>\n' if self.subtitle else ""
        links = "".join(
            f'<li><a href="#s{number}">{escape(heading)}</a></li>'
            for number, (heading, _) in enumerate(self._sections, start=1)
        )
        contents = f'<nav aria-label="contents"><ul>{links}</ul></nav>\n' if links else ""
        body = "".join(
            f'<section id="s{number}">\n<h2>{escape(heading)}</h2>\n{"".join(parts)}</section>\n'
            for number, (heading, parts) in enumerate(self._sections, start=1)
        )
        foot = f"<footer>{escape(self._footer)}</footer>\n" if self._footer else ""
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
            f"<header>\n<h1>{title}</h1>\n{subtitle}</header>\n{''.join(self._head)}{contents}"
            f"<main>\n{body}</main>\n{foot}</body>\n</html>\n"
        )

    def write(self, path: str | Path) -> Path:
        """Write the page to ``path`` and return it."""
        path = Path(path)
        path.write_text(self.html(), encoding="utf-8")
        return path

    def __repr__(self) -> str:
        """Say how much is in it and how to read it."""
        n_sections = counted(len(self._sections), "section")
        return f"<Report {self.title!r}: {n_sections}; report.write('report.html') makes the page>"

    def _add(self, part: str) -> Report:
        (self._sections[-1][1] if self._sections else self._head).append(part)
        return self


def write_report(report: Report, path: str | Path) -> Path:
    """Write a report to ``path`` and return the path."""
    return report.write(path)
