"""Sentences that every report needs, written once."""

from __future__ import annotations

import platform
import re

from trajectories.version import __version__

__all__ = ["GROUPS_ARE", "SMALL_CELLS", "SYNTHETIC", "as_sentence", "per", "plain_rule", "versions"]

GROUPS_ARE = (
    "What groups are: a summary of careers. The model describes a population of differing "
    "careers by a few typical courses, and says how well each person's record fits each of them.",
    "What groups are not: labels of persons. They need not exist as kinds of people, another "
    "number of groups may summarise the same careers nearly as well, nobody is known to belong "
    "to one, and a group's curve does not say what one of its members will do. Names given to "
    "groups are shorthand for the shape of a curve.",
)

SYNTHETIC = (
    "All persons here are synthetic. The register was drawn from a model that is calibrated to "
    "published figures, and its truth is known. So the table shows whether the estimators find "
    "what was planted. It is no new evidence about real offenders: a figure that comes back is "
    "one that was put in.",
    "What a synthetic register can show: that an estimator is right, how wide its intervals have "
    "to be with this many persons, and what it misses. What it cannot show: whether the "
    "published figures are right, or whether anything holds that was not planted.",
)

SMALL_CELLS = (
    "Numbers of persons from 1 to {largest} are suppressed in the tables, with all that could be "
    "worked out from them."
)


def as_sentence(text: str) -> str:
    """Return the text with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def plain_rule(rule: str) -> str:
    """Return the rule of a recommendation with criteria as they are written in a sentence."""
    for name, written in (
        ("bic_cells_nagin", "BIC in Nagin's form (n = cells)"),
        ("bic_nagin", "BIC in Nagin's form"),
        ("bic_cells", "BIC (n = cells)"),
        ("bic", "BIC"),
        ("sabic", "sample-size-adjusted BIC"),
        ("caic", "CAIC"),
        ("heldout_llf", "held-out log-likelihood"),
        ("forecast_llf", "log score of the forecast"),
        ("forecast_absolute_error", "absolute error of the forecast"),
        ("forecast_squared_error", "squared error of the forecast"),
        ("aic", "AIC"),
        ("icl", "ICL"),
    ):
        rule = re.sub(rf"\b{name}\b", written, rule)
    return re.sub(r"\b1 groups\b", "1 group", rule)


def per(has_exposure: bool) -> str:
    """Return what a rate is of: a year free where exposure is known, else one step of age."""
    return "year free" if has_exposure else "age step"


def versions() -> dict[str, str]:
    """Return the versions of what computed a result, by name."""
    from importlib.metadata import version

    found = {name: version(name) for name in ("numpy", "scipy", "pandas", "matplotlib")}
    return {"trajectories": __version__, "python": platform.python_version(), **found}


def footer(seed: int | None) -> str:
    """Return the line of versions and seed at the foot of a report."""
    listed = ", ".join(f"{name} {version}" for name, version in versions().items())
    return listed if seed is None else f"{listed}; seed {seed}"
