"""The public names are pinned: adding one is a line here, renaming one is a broken promise."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import trajectories as tr

PUBLIC = {
    "Dropout",
    "DropoutTrajectories",
    "DropoutTrajectoriesResults",
    "DualTrajectories",
    "DualTrajectoriesResults",
    "FollowUp",
    "GroupTrajectories",
    "GroupTrajectoriesResults",
    "JointSelection",
    "MultiTrajectories",
    "MultiTrajectoriesResults",
    "OffenceClassification",
    "Outcome",
    "Panel",
    "Register",
    "Selection",
    "StopReason",
    "TimeAtRisk",
    "__version__",
    "careers",
    "bases",
    "disclosure",
    "errors",
    "families",
    "groups",
    "lifecourse",
    "load",
    "matching",
    "plot",
    "profiles",
    "rapporteur",
    "recidivism",
    "report",
    "scale",
    "select",
    "select_joint",
    "show_versions",
    "time_at_risk",
}

# What design.md promises of each object; more may be there, nothing here may go.
MEMBERS = {
    "Panel": {"from_wide", "from_long", "from_register", "audit", "subset"},
    "GroupTrajectories": {"fit"},
    "GroupTrajectoriesResults": {
        "adequacy",
        "aic",
        "assignments",
        "bic",
        "bic_cells",
        "bse",
        "conf_int",
        "converged",
        "cov_params",
        "group_probabilities",
        "icl",
        "llf",
        "membership",
        "n_iter",
        "n_params",
        "n_replicated",
        "n_starts",
        "nobs",
        "params",
        "plot",
        "dispersion",
        "grolts",
        "histories",
        "plot_adequacy",
        "posterior",
        "posterior_distribution",
        "predict_proba",
        "prior",
        "relative_entropy",
        "residuals",
        "save",
        "stop_reason",
        "summary",
        "trajectories",
        "typology",
    },
    "Selection": {"recommend", "results", "table"},
    "groups": {"bootstrap_likelihood_ratio", "cross_validate", "degree_search"},
    "rapporteur": {"figures", "replicate", "simulate"},
    "families": {"Poisson", "ZeroInflatedPoisson"},
    "matching": {"MatchedSets", "check_matched_sets", "match", "match_at_risk"},
    "errors": {"InputError", "ModelFileError", "TargetError", "TrajectoriesError"},
    "plot": {"recovery", "selection", "trajectories"},
    "profiles": {"error_rates", "load", "publish", "score", "validate"},
}

FIT_ARGUMENTS = {"panel", "seed", "n_starts", "progress"}


def names_of(thing: object) -> set[str]:
    """Attributes, with the fields of a slotted dataclass."""
    return set(dir(thing)) | set(getattr(thing, "__annotations__", {}))


def test_public_names_are_exactly_those_pinned() -> None:
    assert set(tr.__all__) == PUBLIC
    assert dir(tr) == sorted(PUBLIC)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_can_be_had(name: str) -> None:
    assert getattr(tr, name) is not None


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_promised_members_are_there(name: str) -> None:
    missing = MEMBERS[name] - names_of(getattr(tr, name))
    assert not missing, f"tr.{name} lacks {sorted(missing)}"


def test_fit_takes_the_promised_arguments() -> None:
    assert set(inspect.signature(tr.GroupTrajectories.fit).parameters) >= FIT_ARGUMENTS


def test_an_unknown_name_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = tr.no_such_name


def test_star_import_gives_the_public_names_only() -> None:
    code = (
        "from trajectories import *; "
        "print(*sorted(n for n in dir() if not n.startswith('_') or n == '__version__'))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC - {"__version__"}))
def test_every_public_name_says_what_it_is(name: str) -> None:
    text = inspect.getdoc(getattr(tr, name))
    assert text, f"tr.{name} has no docstring"
    assert len(text.splitlines()[0]) > 15, f"tr.{name}: the first line says too little"
