"""The TRIPOD+AI items of a published model: filled from what is known, gaps marked."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from trajectories.disclosure_control import disclosure
from trajectories.errors import InputError
from trajectories.profiles.few_persons import refuse_made_before
from trajectories.profiles.model import ScoringModel
from trajectories.profiles.table_text import html_page, html_table, markdown_table
from trajectories.profiles.tripod_facts import STATES, Facts
from trajectories.profiles.tripod_methods import (
    methods,
    opening,
    outcome_and_predictors,
    participants,
)
from trajectories.profiles.tripod_results import discussion, findings, openness
from trajectories.profiles.validate import Validation

SOURCE = (
    "TRIPOD+AI: Collins, Moons, Dhiman and others (2024), BMJ 385, e078378; items condensed and "
    "worded for criminal justice."
)
HEADINGS = {"item": "item", "title": "what to report", "status": "status", "content": "content"}


@dataclass(frozen=True, eq=False, repr=False)
class Tripod:
    """The reporting items as a table, with its forms for a paper.

    Attributes
    ----------
    table : DataFrame
        item ('1' to '27c'), title, status ('filled', 'partly filled' or 'for the analyst') and
        content. What only the analyst can know is asked for in square brackets; nothing is answered
        that model, validation and forecast do not know.
    """

    table: pd.DataFrame
    _minimum_cell: int = field(default=0, repr=False)

    def to_markdown(self) -> str:
        """Return the items as a Markdown table with their source below.

        Raises
        ------
        InputError
            Where disclosure control was turned on after the items were filled in.
        """
        refuse_made_before(self._minimum_cell, "tripod")
        return f"{markdown_table(self.table.rename(columns=HEADINGS))}\n{SOURCE}\n"

    def to_html(self, page: bool = False) -> str:
        """Return the items as an HTML table, or as a page of its own; see ``CardDocument``.

        Every text is escaped; raises as ``to_markdown``.
        """
        refuse_made_before(self._minimum_cell, "tripod")
        table = html_table(self.table.rename(columns=HEADINGS), SOURCE)
        return html_page("TRIPOD+AI", table) if page else table

    def __repr__(self) -> str:
        """Return how many items are filled."""
        counts = self.table["status"].value_counts()
        said = ", ".join(f"{int(counts.get(state, 0))} {state}" for state in STATES)
        return f"<Tripod: {said}>"


def tripod(
    model: ScoringModel,
    validation: Validation | None = None,
    forecast: pd.DataFrame | None = None,
) -> Tripod:
    """Fill in the TRIPOD+AI items from what a model, its validation and its forecast know.

    Parameters
    ----------
    model : ScoringModel
    validation : Validation, optional
        Of persons the model has not seen: answers performance, numbers and measures.
    forecast : DataFrame, optional
        What ``validate_forecast`` returned.

    Raises
    ------
    InputError
        If something else is given.
    """
    check_given(model, validation, forecast)
    facts = Facts(model, validation, forecast)
    parts = (
        opening,
        participants,
        outcome_and_predictors,
        methods,
        openness,
        findings,
        discussion,
    )
    items = [item for part in parts for item in part(facts)]
    return Tripod(pd.DataFrame(items, columns=list(HEADINGS)), disclosure.minimum_cell)


def check_given(model: object, validation: object, forecast: object) -> None:
    """Raise an InputError for anything but a published model, a validation, a forecast."""
    if not isinstance(model, ScoringModel):
        raise InputError(
            f"a published model is needed, not a {type(model).__name__}: publish the fit first, "
            "with its card"
        )
    if validation is not None and not isinstance(validation, Validation):
        raise InputError("validation must be what tr.profiles.validate returns")
    columns = getattr(forecast, "columns", ())
    if forecast is not None and "measure" not in columns:
        raise InputError("forecast must be what tr.profiles.validate_forecast returns")
