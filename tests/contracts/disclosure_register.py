"""What each public table and figure does under the switch, one entry each.

A method or function that returns a table, a figure or text must stand in one of these. Those that
``test_disclosure_everywhere`` runs are its ``RUN``; functions that declare their tables
(``@disclosed``) and figures that pass through ``styled`` need no entry.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import trajectories as tr

TABLES = ("DataFrame", "Figure")
TEXTS = ("summary", "plot")
TO_TEXT = ("to_html", "to_markdown", "to_latex")

PERSONS = {
    *("AdequacyMethods.histories", "GroupTrajectoriesResults.assignments"),
    *("GroupTrajectoriesResults.posterior", "GroupTrajectoriesResults.predict_proba"),
    *("SharedGroupsResults.assignments", "SharedGroupsResults.posterior"),
    *("SeveralOutcomes.predict_proba", "DropoutTrajectoriesResults.predict_proba"),
    *("DualTrajectoriesResults.assignments", "DualTrajectoriesResults.posterior"),
    *("CovariateDesign.values_of", "FollowUp.frame", "TimeAtRisk.follow_up", "TimeAtRisk.frame"),
    *("MatchedSets.wide", "OffenceClassification.classify", "Sheet.frame", "Parts.rows"),
    *("GivesTables.to_wide", "GivesTables.to_long"),
    *("careers.diversity", "careers.timelines", "lifecourse.add_lags", "lifecourse.person_years"),
    *("matching.group_weights", "profiles.contributions", "profiles.development"),
    *("profiles.risk_ahead", "profiles.score", "scale.eligible_pool"),
}
"""Tables of persons: no output, and not changed."""

NOBODY = {
    *("OffenceClassification.table", "DisclosureControl.side_table", "Coverage.off"),
    *("Coverage.summary", "Replication.curves_planted", "rapporteur.figures", "rapporteur.truths"),
    *("CrossValidation.measures", "LeftOut.frame", "matching.e_values"),
    *("report.suppress_selection", "report.suppress_small_cells", "report.suppress_tables"),
}
"""About no persons, about all of them, for the checker only, or the means of suppression itself."""

PLAIN = {
    f"{name}.{method}"
    for name in (
        *("Coefficients", "DistalOutcome", "Explained", "GroupTrajectoriesResults"),
        *("JointResults", "WithinPersonResults", "Replicates"),
    )
    for method in ("conf_int", "cov_params")
} - {"Replicates.cov_params"}
PLAIN |= {f"{name}.cov_params" for name in ("CoxResults", "ParametricResults", "RateResults")}
"""Parameters as they are, as the page on output checking says."""

TESTS = {
    *("Explained.tests", "GroupProfile.tests", "MembershipResults.tests"),
    *("WithinPersonResults.tests_of_equality", "CoxResults.proportional_hazards"),
}
"""Tests between all groups or of all persons: no row is about one group."""

ELSEWHERE = {
    "AdequacyMethods.dispersion": "test_disclosure_of_groups",
    "Bootstrap.curves": "test_disclosure_of_groups",
    "Bootstrap.group_probability_intervals": "test_disclosure_of_groups",
    "Bootstrap.stability": "test_disclosure_of_groups",
    "InferenceMethods.exposure_sensitivity": "test_disclosure_of_checks",
    "Bootstrap.trajectories": "test_disclosure_of_groups",
    "Grolts.to_html": "test_disclosure_of_groups",
    "Grolts.to_latex": "test_disclosure_of_groups",
    "Grolts.to_markdown": "test_disclosure_of_groups",
    "MatchedSets.balance": "test_disclosure_of_balance",
    "matching.balance": "test_disclosure_of_balance",
    "MatchedSets.distributions": "test_disclosure_of_balance",
    "MatchedSets.leave_one_out": "test_disclosure_of_balance",
    "matching.compare": "MatchedSets.compare",
    "matching.compare_by_group": "MatchedSets.compare_by_group",
    "matching.rosenbaum_bounds": "MatchedSets.rosenbaum_bounds",
    "report.group_figures": "test_disclosure_reports",
    "report.replication_figures": "test_disclosure_reports",
    "DaskFollowUp.cumulative_incidence": "test_scale_registers",
    "DaskFollowUp.kaplan_meier": "test_scale_registers",
    "Validation.summary": "test_disclosure_switch",
    "recidivism.numbers_at_risk": "test_disclosure_attacked",
    "report.fit_tables": "test_disclosure_reports",
    "report.replication_tables": "test_reports",
    "plot.concordance_forest": "draws by plot.forest",
    "plot.effects_by_group": "draws by plot.forest",
}
"""Which other test runs it under the switch, or what it is made of."""

COMPUTING = {
    *("Bootstrap.replicates", "Bootstrap.params", "Bootstrap.group_probabilities"),
    *("Bootstrap.ran_off", "Bootstrap.jaccard", "Explained.classification_error"),
    *("JointBootstrap.replicates", "JointBootstrap.params", "JointBootstrap.ran_off"),
    *("CoxResults.params", "CoxResults.naive_covariance", "CoxResults.robust_covariance"),
    *("ParametricResults.params", "ParametricResults.covariance", "HybridResults.spread"),
    *("RateResults.params", "RateResults.covariance"),
    "GroupTrajectoriesResults.classification",
    *("SharedGroupsResults.classification", "WithinPersonResults.terms"),
    *("WithinPersonResults.changers", "Replication.table", "Replication.typology"),
    *("Replication.tables", "Study.table", "Study.typology", "Study.tables"),
}
"""Attributes for computing, that pass as they are, as the page on output checking says."""

WHOLE = {
    *("CrossValidation.table", "DegreeSearch.path", "MatchedSets.calipers"),
    *("MatchedSets.distances", "Coverage.table", "Coverage.rows", "Grolts.table"),
    *("Truth.groups", "Truth.planted", "Truth.shares", "Truth.curves", "Truth.figures"),
    *("Truth.effects", "CardDocument.table", "CardDocument.performance", "Tripod.table"),
    *("MatchedSets.members", "MatchedSets.account", "Register.persons", "Register.offences"),
    *("Register.spells", "Register.relations", "FollowUp.covariates"),
}
"""Attributes about everybody fitted to or about made-up persons, documents (made under the switch
or refused), and the persons' own tables."""

WORDS = (*PERSONS, *NOBODY, *PLAIN, *TESTS, *ELSEWHERE, *COMPUTING, *WHOLE)


PUBLIC = tuple(
    f"trajectories.{name}."
    for name in (
        *("groups", "lifecourse", "matching", "panel", "profiles", "rapporteur", "recidivism"),
        *("careers", "scale"),
    )
)
INNER = {
    *("Calibration", "Design", "Draft", "Facts", "FrameSource", "Judgement", "ModelRows"),
    *("Offences", "PanelFacts", "Population", "Stage", "OffenceClassification"),
}
"""Classes of no public function's result."""


def _returns(function: Any) -> str:
    try:
        return str(inspect.signature(function).return_annotation)
    except (TypeError, ValueError):
        return ""


def is_output(name: str, function: Any) -> bool:
    told = any(word in _returns(function) for word in TABLES)
    return told or name in TEXTS or name in TO_TEXT


def methods() -> Iterator[tuple[str, Any]]:
    """Yield owner.name and function of every method and property that returns a table or text."""
    for module in pkgutil.walk_packages(tr.__path__, "trajectories."):
        if module.name.startswith(("trajectories.cli", "trajectories.__main__")):
            continue
        home = importlib.import_module(module.name)
        for name, made in vars(home).items():
            if name.startswith("_") or not inspect.isclass(made) or made.__module__ != module.name:
                continue
            for label in (label for label in dir(made) if not label.startswith("_")):
                found = inspect.getattr_static(made, label)
                found = found.fget if isinstance(found, property) else found
                found = getattr(found, "__func__", found)
                if inspect.isfunction(found) and is_output(label, found):
                    owner = next(base for base in made.__mro__ if label in vars(base))
                    yield f"{owner.__name__}.{label}", found


def functions() -> Iterator[tuple[str, Any]]:
    """Yield module.name and function of every public function that returns a table or figure."""
    for name in tr.__all__:
        home = getattr(tr, name)
        if not inspect.ismodule(home):
            continue
        for label in getattr(home, "__all__", ()):
            found = getattr(home, label)
            if inspect.isfunction(found) and is_output(label, found):
                yield f"{name}.{label}", found


def held() -> Iterator[tuple[str, Any]]:
    """Yield owner.name and declaration, if any, of every table in an attribute of public results.

    Public is what public functions return: what stands in a module of a public name.
    """
    for module in pkgutil.walk_packages(tr.__path__, "trajectories."):
        if not module.name.startswith(PUBLIC):
            continue
        home = importlib.import_module(module.name)
        for name, made in vars(home).items():
            if not dataclasses.is_dataclass(made) or name.startswith("_"):
                continue
            if not inspect.isclass(made) or made.__module__ != module.name or name in INNER:
                continue
            for field in dataclasses.fields(made):
                if field.name.startswith("_") or field.name not in made.__annotations__:
                    continue
                if any(word in str(field.type) for word in ("DataFrame", "Series")):
                    yield f"{name}.{field.name}", vars(made).get(field.name)


def passes(function: Any) -> bool:
    """Tell whether a function declares its tables, or draws from tables that the switch changed."""
    if getattr(function, "declares_tables", False):
        return True
    return inspect.isfunction(function) and function.__code__.co_filename.endswith("style.py")
