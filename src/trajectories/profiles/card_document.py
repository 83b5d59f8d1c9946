"""The model card as a document for readers: what the model is, for whom, how good, how weak.

Sections after Mitchell and others (2019), Model Cards for Model Reporting, Proceedings of the
Conference on Fairness, Accountability, and Transparency, 220-229.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosure, number_in_words
from trajectories.profiles.few_persons import refuse_made_before
from trajectories.profiles.model import ScoringModel
from trajectories.profiles.table_text import html_page, html_table, markdown_table
from trajectories.profiles.tripod import check_given
from trajectories.profiles.tripod_facts import MEASURES, Facts
from trajectories.profiles.validate import Validation

NOTICE = "Groups summarise careers; a probability is not a person; a human decides."
UNKNOWN = "[not known to this file; write it]"


@dataclass(frozen=True, eq=False, repr=False)
class CardDocument:
    """A model card with its forms for readers.

    Attributes
    ----------
    table : DataFrame
        section, item, content. What nobody told the model is marked in square brackets.
    performance : DataFrame
        by, level, measure, estimate (with interval), persons, events; empty without a validation.
    """

    table: pd.DataFrame
    performance: pd.DataFrame
    _minimum_cell: int = field(default=0, repr=False)

    def to_markdown(self) -> str:
        """Return the card as Markdown.

        Raises
        ------
        InputError
            Where disclosure control was turned on after the card was made.
        """
        refuse_made_before(self._minimum_cell, "card_document")
        lines = ["# Model card", "", NOTICE, ""]
        for section, part in self.table.groupby("section", sort=False, observed=True):
            lines += [f"## {section}", "", markdown_table(part[["item", "content"]])]
        if not self.performance.empty:
            lines += ["## Performance in numbers", "", markdown_table(self.performance)]
        return "\n".join(lines)

    def to_html(self, page: bool = False) -> str:
        """Return the card as an HTML fragment, or as a page of its own.

        Every text is escaped; raises as ``to_markdown``. A page has its style in it and says how it
        is encoded: write it to a file in UTF-8. A fragment is for a page that you make.
        """
        refuse_made_before(self._minimum_cell, "card_document")
        parts = [f"<h1>Model card</h1>\n<p>{escape(NOTICE)}</p>\n"]
        for section, part in self.table.groupby("section", sort=False, observed=True):
            parts.append(html_table(part[["item", "content"]], str(section)))
        if not self.performance.empty:
            parts.append(html_table(self.performance, "Performance in numbers"))
        return html_page("Model card", "".join(parts)) if page else "".join(parts)

    def __repr__(self) -> str:
        """Return one line."""
        return f"<CardDocument: {len(self.table)} entries, {len(self.performance)} measures>"


def card_document(
    model: ScoringModel,
    validation: Validation | None = None,
    forecast: pd.DataFrame | None = None,
    minimum_cell: int = 10,
) -> CardDocument:
    """Write the card of a published model as a document; nothing is said that is not known.

    Parameters
    ----------
    model : ScoringModel
    validation, forecast : optional
        What ``validate`` and ``validate_forecast`` returned for persons the model has not seen.
    minimum_cell : int
        A division into subgroups of which any has fewer persons with, or without, the outcome is
        not shown: a card is made to be published. 0 shows everything. Under disclosure control
        at least its minimum, and neither sizes of subgroups nor measures that tell of few.
    """
    check_given(model, validation, forecast)
    facts = Facts(model, validation, forecast)
    entries = [*_details(facts), *_use(facts), *_evidence(facts)]
    table = pd.DataFrame(entries, columns=["section", "item", "content"])
    minimum = max(minimum_cell, disclosure.minimum_cell)
    return CardDocument(table, _performance(validation, minimum), disclosure.minimum_cell)


def _details(facts: Facts) -> list[tuple[str, str, str]]:
    model, results, card = facts.model, facts.model.results, facts.model.card
    section = "Model"
    found = [
        (section, "kind", facts.kind()),
        (section, "fitted by", card.fitted_by),
        (section, "fitted with", f"trajectories {results.version}"),
        (section, "checksum", model.checksum),
        (section, "valid until", card.valid_until + (" (passed)" if model.expired else "")),
        (section, "recalibrated", facts.recalibration() or "no"),
    ]
    return found + [(section, "note", note) for note in results.notes]


def _use(facts: Facts) -> list[tuple[str, str, str]]:
    card, support = facts.model.card, facts.model.support
    counts = "not known"
    if support.largest_count is not None:
        counts = (
            f"up to {support.largest_count} at one age and {support.largest_total} in all; beyond, "
            "and without any offence, a profile is refused"
        )
    return [
        ("Use", "intended", card.intended_use),
        ("Use", "not for, and known weaknesses", card.limits),
        ("Use", "ages", facts.ages()),
        ("Use", "counts of offences", counts),
        ("Use", "years free needed", "yes" if support.exposure else "no"),
        ("Use", "predictors", "own offences by age; no characteristic of the person"),
    ]


def _evidence(facts: Facts) -> list[tuple[str, str, str]]:
    card, results = facts.model.card, facts.model.results
    first, last = card.years
    validation = facts.validation
    tested = UNKNOWN
    if validation is not None:
        refused = number_in_words(validation.n_refused, "")
        scored = number_in_words(validation.n_scored, "persons")
        tested = f"{scored} scored, {refused} refused"
    return [
        ("Persons fitted", "population", f"{card.population}, {card.country}, {first} to {last}"),
        ("Persons fitted", "inclusion", card.inclusion),
        ("Persons fitted", "number", f"{results.nobs:,} persons; {facts.subgroups()}"),
        ("Performance", "persons evaluated", tested),
        ("Performance", "overall", facts.performance() or UNKNOWN),
        ("Performance", "later ages", facts.forecasts() or UNKNOWN),
        (
            "Performance",
            "by subgroup",
            ", ".join(facts.divisions()) or "[not evaluated by subgroup]",
        ),
        (
            "Fairness",
            "what no model can have",
            "calibration within subgroups and equal error rates cannot all hold where base rates "
            "differ",
        ),
        ("Fairness", "choices made", UNKNOWN),
    ]


def _performance(validation: Validation | None, minimum_cell: int) -> pd.DataFrame:
    columns = ["by", "level", "measure", "estimate", "persons", "events"]
    if validation is None:
        return pd.DataFrame(columns=columns)
    table = pd.concat([validation.discrimination, validation.calibration], ignore_index=True)
    table = table[table["measure"].isin(MEASURES)]
    small = table["persons"].sub(table["events"]).lt(minimum_cell) | table["events"].lt(
        minimum_cell
    )
    small |= table["events"].isna() | table["persons"].isna()  # suppressed when it was made
    rows = []
    for name in dict.fromkeys(table["by"]):
        part = table[table["by"] == name].sort_values("level", kind="stable")
        if small[part.index].any():  # one level hidden alone could be worked out from the others
            words = f"not shown: fewer than {minimum_cell} persons with or without the outcome"
            rows.append((name, "", "all measures", words, "", ""))
            continue
        for row in part.to_dict("records"):
            counts = f"{row['persons']:,}", f"{row['events']:,}"
            rows.append((name, row["level"], MEASURES[row["measure"]], _written(row), *counts))
    return pd.DataFrame(rows, columns=columns)


def _written(row: dict[Any, Any]) -> str:
    if not np.isfinite(row["estimate"]):
        return str(row["reason"])
    if not np.isfinite(row["lower"]):
        return f"{row['estimate']:.3f}"
    return f"{row['estimate']:.3f} ({row['lower']:.3f} to {row['upper']:.3f})"
