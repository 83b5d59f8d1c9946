"""One outcome of a joint solution in the shape of a single model's results.

Given the joint estimates, an outcome by itself follows a trajectory model with the marginal shares
of its groups; curves, bands and tables of that outcome are those of that model, with the
covariance from the joint information.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trajectories.groups.adequacy.classification import classification_entropy, classification_table
from trajectories.groups.control import Control
from trajectories.groups.joint.alignment import Aligned
from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.model import Model
from trajectories.groups.posterior import Posterior
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.search.assemble import reporting_ages, weighted_cells, whole
from trajectories.groups.search.fitting import Solution
from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.version import __version__


def view(
    model: JointModel,
    a: int,
    solution: Solution,
    covariance: FloatArray,
    aligned: Aligned,
    seed: int,
    control: Control,
) -> GroupTrajectoriesResults:
    """Return part a of a joint solution as results over its panel's units.

    ``llf`` is that of all parts together.
    """
    own = model.parts[a]
    assert isinstance(own, Model)  # parts with a panel have curves
    fitted, groups = solution.fitted, np.array(model.group_of[a])
    parameters = model.part_parameters(a, fitted.parameters)
    reading = model.reading(a, fitted.parameters)
    panel = aligned.panels[a]
    posterior = by_own_group(solution.posterior.by_unit()[aligned.present[a]], groups)
    return GroupTrajectoriesResults(
        model=own,
        ages=reporting_ages(panel),
        parameters=parameters,
        covariance=reading @ covariance @ reading.T,
        withheld=_withheld(model, a, solution.diagnosis.withheld),
        llf=fitted.llf,
        nobs=whole(panel.total_weight),
        n_cells=whole(weighted_cells(panel)),
        stop_reason=solution.diagnosis.reason,
        notes=notes_of(model.names[a], model.names, solution.diagnosis.notes),
        n_iter=fitted.n_iter,
        n_starts=control.n_starts,
        n_finished=solution.n_finished,
        n_replicated=solution.n_replicated,
        entropy=classification_entropy(posterior, panel.weights),
        classification=classification_table(
            posterior, panel.weights, np.exp(parameters.log_probability)
        ),
        seed=seed,
        gradient=float(np.abs(fitted.score).max() / panel.total_weight),
        version=__version__,
        has_exposure=panel.exposure is not None,
        individual_ages=panel.individual_ages is not None,
        _posterior=Posterior(posterior, panel.weights),
        _units=panel.units,
        _weights=panel.weights,
    )


def by_own_group(posterior: FloatArray, groups: IntArray) -> FloatArray:
    """Return probabilities of combinations, (N, C), added up by a part's groups, (N, K_a)."""
    n_own = int(groups.max()) + 1
    if len(groups) == n_own and (groups == np.arange(n_own)).all():
        return posterior
    member = np.zeros((len(groups), n_own))
    member[np.arange(len(groups)), groups] = 1.0
    return np.asarray(posterior @ member)


def notes_of(name: str, names: Sequence[str], notes: Sequence[str]) -> tuple[str, ...]:
    """Return the notes about one part, and those about none in particular."""
    others = tuple(f"{other}: " for other in names if other != name)
    return tuple(note.removeprefix(f"{name}: ") for note in notes if not note.startswith(others))


def _withheld(model: JointModel, a: int, withheld: BoolArray) -> BoolArray:
    """Return which of a part's packed parameters have no standard error, shape (D_a,)."""
    embedding = model.embedding(a)
    gone = np.abs(embedding).T @ withheld > 0
    n_logits = model.parts[a].n_groups - 1
    if not model.is_shared:
        # the share of a group is known as long as one combination's with it is
        kept = np.append(True, ~withheld[: model.n_groups - 1])
        heard = np.bincount(np.array(model.group_of[a]), kept, n_logits + 1) > 0
        gone[:n_logits] = ~heard[1:]
    return np.asarray(gone)
