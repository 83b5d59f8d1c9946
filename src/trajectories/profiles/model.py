"""A model published for scoring: results, card, support, golden profiles; checksummed text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError, ModelFileError
from trajectories.groups.adequacy.person_density import group_log_density, mixed
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.saving import storage
from trajectories.groups.saving.golden import golden_panel
from trajectories.groups.saving.text_file import read_document, write_document
from trajectories.panel import Panel
from trajectories.profiles.as_written import require_as_written, require_same_scores
from trajectories.profiles.card import ModelCard
from trajectories.profiles.few_persons import refuse_few_persons
from trajectories.profiles.score import check_usable, score
from trajectories.profiles.strict_text import require_untouched
from trajectories.profiles.support import Support
from trajectories.profiles.whole_table import require_panel, require_years_free

if TYPE_CHECKING:
    from trajectories.profiles.card_document import CardDocument
    from trajectories.profiles.tripod import Tripod
    from trajectories.profiles.validate import Validation

SCHEMA = "trajectories.scoring_model"
SCHEMA_VERSION = 1
YEARS_AHEAD = 5
LEVEL = 0.95
LLF_CLOSE = 1e-6
"""Largest relative distance of the log-likelihood of a panel from that of the fit to it."""
GARBLED = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError)
"""What reading raises where an entry is missing or is not of its kind."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ScoringModel:
    """What may score a person: a fit that says whom it describes and what it was fitted to.

    Attributes
    ----------
    results : GroupTrajectoriesResults
        Without persons.
    card : ModelCard
    support : Support
    checksum : str
        SHA-256 of the file.
    expired : bool
        Whether it was loaded after its last day of use, which had to be asked for.
    """

    results: GroupTrajectoriesResults
    card: ModelCard
    support: Support
    checksum: str
    expired: bool = False

    @property
    def past_last_day(self) -> bool:
        """Whether its last day of use has passed, when it was loaded or since."""
        return self.expired or date.today() > self.card.last_day

    def save(self, path: str | Path) -> None:
        """Write the model as text; the file appears whole or not at all."""
        write_document({**to_document(self), "checksum": self.checksum}, path)

    def tripod(
        self, validation: Validation | None = None, forecast: pd.DataFrame | None = None
    ) -> Tripod:
        """Return the TRIPOD+AI items of this model; see :func:`tripod`."""
        from trajectories.profiles.tripod import tripod

        return tripod(self, validation, forecast)

    def card_document(
        self, validation: Validation | None = None, forecast: pd.DataFrame | None = None
    ) -> CardDocument:
        """Return the card as a document for readers; see :func:`card_document`."""
        from trajectories.profiles.card_document import card_document

        return card_document(self, validation, forecast)

    def __repr__(self) -> str:
        """Return one line without data."""
        return (
            f"<ScoringModel: {self.results.n_groups} groups, {self.results.family}, of "
            f"{self.card.population}, valid until {self.card.valid_until}, "
            f"checksum {self.checksum[:12]}>"
        )


def publish(results: GroupTrajectoriesResults, panel: Panel, card: ModelCard) -> ScoringModel:
    """Make a model for scoring out of a fit, the panel it was fitted to, and its card.

    Only the range of counts is read off the panel, see :class:`Support`; no person enters the file.

    Raises
    ------
    InputError
        If the fit is no proper solution, or is not about counts of offences, or the panel is not
        the one that was fitted; under disclosure control, if a group, a subgroup on the card (or
        everybody else), or an effect of a covariate rests on few persons.
    """
    if not isinstance(card, ModelCard):
        raise InputError("a model for scoring needs a ModelCard: say whom it describes")
    if not isinstance(results, GroupTrajectoriesResults):
        raise InputError(f"results of a fit are published, not a {type(results).__name__}")
    check_usable(results)
    require_panel(panel, "publishing a model")
    if abs(panel.total_weight - results.nobs) > 1e-6 * results.nobs:
        raise InputError(
            f"the panel stands for {panel.total_weight:g} persons and the fit for "
            f"{results.nobs:g}: give the panel that was fitted"
        )
    _require_fitted_to(results, panel)
    _require_no_more(card, results)
    refuse_few_persons(results, card)
    bare = storage.from_document(storage.to_document(results))
    model = ScoringModel(bare, card, Support.of_panel(results, panel), "")
    return ScoringModel(bare, card, model.support, storage.checksum(to_document(model)))


def _require_fitted_to(results: GroupTrajectoriesResults, panel: Panel) -> None:
    """Raise an InputError if a panel does not have the log-likelihood that a fit reached with it.

    The highest counts are read off the panel: those of other persons would be wrong limits.
    """
    panel = panel.without_empty_ages()
    require_years_free(panel, Support.of_results(results))
    results.predict_proba(panel)  # says what else the panel lacks
    density = group_log_density(results.model, results.parameters, panel)
    total, _ = mixed(density, results.parameters.log_probability)
    weights = 1.0 if panel.weights is None else panel.weights
    llf = float((weights * total).sum())
    if not abs(llf - results.llf) <= LLF_CLOSE * max(1.0, abs(results.llf)):
        raise InputError(
            f"this is not the panel that was fitted: its log-likelihood is {llf:.2f} and that of "
            f"the fit {results.llf:.2f}; give the panel that was fitted"
        )


def _require_no_more(card: ModelCard, results: GroupTrajectoriesResults) -> None:
    """Raise an InputError if a card tells of more persons than were fitted."""
    for name, number in card.n_by_subgroup.items():
        if number > results.nobs:
            raise InputError(
                f"card: subgroup {name!r} has {number:,} persons, more than the {results.nobs:,} "
                "of the panel: give the numbers of those in it"
            )


def load(path: str | Path, allow_expired: bool = False, today: date | None = None) -> ScoringModel:
    """Read a published model; score its golden profiles again.

    Parameters
    ----------
    path : str or Path
    allow_expired : bool
        Whether a model past its last day may be used. Every output then says so.
    today : date, optional
        For tests; the day it is, unless told.

    A model that is loaded in time and used after its last day scores with the flag ``expired``.

    Raises
    ------
    ModelFileError
        If the file is no published model, is truncated, was edited, has an unknown schema, scores
        its golden profiles differently, or is past its last day of use.
    """
    if not isinstance(path, str | Path):
        raise InputError(f"a model is loaded from a path, not from a {type(path).__name__}")
    content = read_document(path, SCHEMA, (SCHEMA_VERSION,))
    checksum = content.pop("checksum", None)
    if checksum != storage.checksum(content):
        raise ModelFileError(
            f"{Path(path).name} was changed after it was saved (its checksum differs); use the "
            "original"
        )
    require_untouched(path)
    try:
        card = ModelCard.from_document(content["card"])
        support = Support(**{**content["support"], "ages": tuple(content["support"]["ages"])})
        results = storage.from_document(content["model"])
        support.require_of(results)
        model = ScoringModel(results, card, support, checksum)
        require_same_scores(golden_scores(model), content["golden_scores"])
        require_as_written(to_document(model), content)
    except GARBLED as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(
            f"{Path(path).name} lacks or garbles an entry ({type(error).__name__})"
        ) from error
    late = (date.today() if today is None else today) > card.last_day
    if late and not allow_expired:
        raise ModelFileError(
            f"{Path(path).name} was to be used until {card.valid_until}: its norms are out of "
            "date. Fit it again, or pass allow_expired, which every output will say"
        )
    return ScoringModel(results, card, support, checksum, expired=late)


def to_document(model: ScoringModel) -> dict[str, Any]:
    """Return a model as plain numbers and text, without its checksum."""
    support = model.support
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "about": (
            "Groups summarise careers; a probability is not a person; a human decides. "
            "No person's data are in this file."
        ),
        "card": model.card.document(),
        "support": {
            "ages": list(support.ages),
            "largest_count": support.largest_count,
            "largest_total": support.largest_total,
            "exposure": support.exposure,
        },
        "model": storage.to_document(model.results),
        "golden_scores": golden_scores(model),
    }


def golden_scores(model: ScoringModel) -> dict[str, Any]:
    """Return every number and word that scoring says of the golden profiles, by column.

    With them, as ``shares``, what it says of a profile without any year: each group's share with
    its limits.
    """
    years = golden_years(model)
    table = score_golden(model)
    blank = pd.DataFrame([[np.nan] * len(model.results.ages)], columns=model.results.ages)
    names = [name for name in table if str(name).startswith("group_")]
    shares = score(_timeless(model), blank, years, LEVEL)[names].to_numpy(dtype=float)[0]
    columns: dict[str, Any] = {}
    for name, values in table.items():
        if values.dtype == float:
            columns[str(name)] = _numbers(values)
        else:
            columns[str(name)] = list(values)
    return {
        "years_ahead": years,
        "level": LEVEL,
        "columns": columns,
        "shares": _numbers(shares),
    }


def _numbers(values: Any) -> list[float | None]:
    """Return numbers as JSON knows them; limits are missing where standard errors are withheld."""
    return [None if np.isnan(value) else float(value) for value in values]


def _timeless(model: ScoringModel) -> ScoringModel:
    """Return a model without a last day, which is no matter of its numbers."""
    card = replace(model.card, valid_until=date.max.isoformat())
    return replace(model, card=card, expired=False)


def score_golden(model: ScoringModel) -> pd.DataFrame:
    """Score the golden profiles."""
    return score(_timeless(model), golden_panel(model.results), golden_years(model), LEVEL)


def golden_years(model: ScoringModel) -> int:
    """Return how many years ahead golden profiles are scored for: none where ages are no years."""
    return YEARS_AHEAD if np.allclose(np.diff(model.support.ages), 1.0) else 0
