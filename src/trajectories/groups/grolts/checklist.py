"""The GRoLTS checklist of a fit: what it answers, what it answers in part, what it cannot know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from trajectories.disclosure_control import disclosure, unprotected
from trajectories.disclosure_control.switch import under
from trajectories.errors import InputError
from trajectories.groups.grolts.facts import Facts
from trajectories.groups.grolts.items import every_item
from trajectories.numerics.arguments import whole_number

if TYPE_CHECKING:
    from trajectories.groups.choosing.selection import Selection
    from trajectories.groups.results import GroupTrajectoriesResults
    from trajectories.panel import Panel

STATES = ("filled", "partly filled", "for the analyst")
SOURCE = (
    "GRoLTS: van de Schoot, Sijbrandij, Winter, Depaoli and Vermunt (2017), Structural Equation "
    "Modeling 24(3), 451-467; items condensed."
)


@dataclass(frozen=True, eq=False, repr=False)
class Grolts:
    """The checklist as a table, with its forms for a paper.

    Attributes
    ----------
    table : DataFrame
        item ('1' to '16', parts of an item as '3a'), title, status ('filled', 'partly filled' or
        'for the analyst') and content. What only the analyst can know is asked for in square
        brackets; nothing is answered that fit, selection and panel do not know.
    """

    table: pd.DataFrame

    def to_markdown(self) -> str:
        """Return the checklist as a Markdown table with its source below."""
        head = ["| item | what to report | status | content |", "| --- | --- | --- | --- |"]
        body = [
            f"| {' | '.join(_markdown(cell) for cell in row)} |"
            for row in self.table.itertuples(index=False, name=None)
        ]
        return "\n".join([*head, *body, "", SOURCE, ""])

    def to_html(self) -> str:
        """Return the checklist as an HTML table; every text is escaped."""
        head = "".join(f'<th scope="col">{name}</th>' for name in _HEADINGS)
        body = "\n".join(
            "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
            for row in self.table.itertuples(index=False, name=None)
        )
        return (
            f"<table>\n<caption>{escape(SOURCE)}</caption>\n<thead><tr>{head}</tr></thead>\n"
            f"<tbody>\n{body}\n</tbody>\n</table>\n"
        )

    def to_latex(self) -> str:
        """Return the checklist as a LaTeX longtable; the document needs the package longtable."""
        widths = r"{lp{0.24\textwidth}p{0.12\textwidth}p{0.48\textwidth}}"
        lines = [rf"\begin{{longtable}}{widths}", r"\hline"]
        lines += [" & ".join(_HEADINGS) + r" \\", r"\hline", r"\endhead"]
        lines += [
            " & ".join(_latex(str(cell)) for cell in row) + r" \\"
            for row in self.table.itertuples(index=False, name=None)
        ]
        lines += [r"\hline", rf"\caption{{{_latex(SOURCE)}}}", r"\end{longtable}"]
        return "\n".join(lines) + "\n"

    def __repr__(self) -> str:
        """Return how many items are filled, and the status of each, as text."""
        counts = self.table["status"].value_counts()
        said = ", ".join(f"{int(counts.get(state, 0))} {state}" for state in STATES)
        rows = zip(self.table["item"], self.table["status"], self.table["title"], strict=True)
        lines = [f"{item:<4} {status:<16} {title}" for item, status, title in rows]
        return "\n".join(
            [said, *lines, "to_markdown(), to_html() and to_latex() have the contents"]
        )

    def _repr_html_(self) -> str:
        """Return the checklist with its contents for a notebook."""
        return self.to_html()


_HEADINGS = ("item", "what to report", "status", "content")


def grolts(
    results: GroupTrajectoriesResults,
    panel: Panel | None = None,
    selection: Selection | None = None,
    minimum_cell: int | None = None,
) -> Grolts:
    """Fill in the GRoLTS checklist from what a fit, its panel and its selection know.

    Parameters
    ----------
    results : GroupTrajectoriesResults
        The final model.
    panel : Panel, optional
        The one that was fitted: answers what the outcomes and the missing cells look like.
    selection : Selection, optional
        The candidates that the final model was chosen from.
    minimum_cell : int, optional
        Expected numbers of persons below this are written '<minimum_cell', and the shares that go
        with them are left out; 0 writes everything. What ``tr.disclosure`` asks for unless told.

    Raises
    ------
    InputError
        If the final model is none of the candidates of the selection.
    """
    if minimum_cell is None:
        minimum_cell = disclosure.setting.minimum_cell
    minimum_cell = whole_number("minimum_cell", minimum_cell)
    if selection is not None and not _is_candidate(results, selection):
        raise InputError(
            "the final model is none of the candidates of this selection: give the selection that "
            "it was chosen from, or leave it out"
        )
    setting = disclosure.setting
    if minimum_cell != setting.minimum_cell:
        setting = replace(setting, minimum_cell=minimum_cell)
    with under(setting), unprotected():  # small groups are left out here, item by item
        items = every_item(Facts(results, panel, selection, minimum_cell))
    return Grolts(pd.DataFrame(items, columns=["item", "title", "status", "content"]))


def _is_candidate(results: GroupTrajectoriesResults, selection: Selection) -> bool:
    """Say whether a candidate has this family, these degrees and this likelihood."""
    return any(
        one.family == results.family
        and one.model.degree == results.model.degree
        and abs(one.llf - results.llf) < 1e-3
        for one in selection.results.values()
    )


def _markdown(cell: object) -> str:
    return str(cell).replace("|", r"\|").replace("\n", " ")


_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "[": "{[}",
    "]": "{]}",
}


def _latex(text: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in text)
