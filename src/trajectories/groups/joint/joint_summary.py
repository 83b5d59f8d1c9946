"""The printed summaries of joint fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from trajectories.disclosure_control import disclosure, is_few, number_in_words
from trajectories.groups.inference.sandwich import in_words
from trajectories.groups.information_criteria import criteria_lines

if TYPE_CHECKING:
    from trajectories.groups.joint.dropout_results import DropoutTrajectoriesResults
    from trajectories.groups.joint.dual_results import DualTrajectoriesResults
    from trajectories.groups.joint.joint_results import JointResults
    from trajectories.groups.joint.multi_results import MultiTrajectoriesResults


def summarise_shared(results: MultiTrajectoriesResults) -> str:
    """Return fit, criteria, groups and parameters of a multi-trajectory model as text."""
    head = fit_lines(results, "Multi-trajectory model", f"{results.n_groups} groups")
    groups = "Groups\n" + indented(results.adequacy().round(4).to_string())
    return "\n\n".join([head, criteria_lines(results), groups, parameter_lines(results)])


def summarise_dual(results: DualTrajectoriesResults) -> str:
    """Return fit, criteria, probabilities, tests and parameters of a dual model as text."""
    size = " by ".join(str(number) for number in results.n_groups.values())
    head = fit_lines(results, "Dual trajectory model", f"{size} groups")
    joint = results.joint_probabilities().round(4).to_string(index=False)
    given = results.conditional_probabilities().round(4).to_string(index=False)
    tests = "\n".join(
        indented(str(results.test_independence(method))) for method in ("likelihood ratio", "wald")
    )
    return "\n\n".join(
        [
            head,
            criteria_lines(results),
            f"How groups go together\n{indented(joint)}",
            f"Groups of one outcome given the other\n{indented(given)}",
            f"Independence\n{tests}",
            parameter_lines(results),
        ]
    )


def summarise_dropout(results: DropoutTrajectoriesResults) -> str:
    """Return fit, criteria, groups, leaving and parameters of a model with leaving as text."""
    behind = ("no previous outcome", "one previous outcome", "two previous outcomes")
    what = f"{results.n_groups} groups, leaving with {behind[results.dropout.previous]},"
    head = fit_lines(results, "Trajectory model with leaving", what)
    # how many left is known from who stayed, and from how many are at risk at each age
    hidden = results.leaving_is_withheld()
    left = "persons" if hidden else number_in_words(results.n_left, "persons")
    head += f"\n  {left} left before the end of their follow-up"
    groups = indented(results.adequacy().round(4).to_string())
    by_age = results.leaving().set_index(["age", "group"])["probability"]
    leaving = indented(by_age.unstack("group").round(4).to_string())  # noqa: PD010
    return "\n\n".join(
        [
            head,
            criteria_lines(results),
            f"Groups (shares at the start of the study)\n{groups}",
            f"Leaving, of those still in the study (intervals in leaving())\n{leaving}",
            parameter_lines(results),
        ]
    )


def fit_lines(results: JointResults, title: str, what: str) -> str:
    """Return title, data, search and notes."""
    many = len(results.outcomes)
    lines = [title, f"  {what} over {many} outcome{'s' if many > 1 else ''}"]
    few = any(is_few(number) for number in (*results.n_absent.values(), results.n_left_out))
    for name, view in zip(results.outcomes, results._views, strict=True):
        cells = "" if few else f"{view.n_cells:,.0f} observed cells, "
        lines.append(
            f"  {name}: {view.family}, degree {view.degree}, ages {view.ages[0]:g} to "
            f"{view.ages[-1]:g}, {cells}{view.unit}"
        )
    lines += [
        f"  {results.nobs:,.0f} persons",
        f"  stopped: {results.stop_reason} after {results.n_iter} steps, largest score per person "
        f"{results.gradient:.1e}",
        f"  starts: {results.n_replicated} of {results.n_finished} best of {results.n_starts} "
        "reached this value",
    ]
    lines += [
        f"  {number_in_words(number)} {'lacks' if number == 1 else 'lack'} {name}; "
        "counted with the other outcomes"
        for name, number in results.n_absent.items()
        if number
    ]
    if results.n_left_out:
        lines.append(f"  {number_in_words(results.n_left_out)} that lack an outcome were left out")
    return "\n".join(lines + [f"  note: {note}" for note in results.notes])


def parameter_lines(results: JointResults) -> str:
    """Return the parameters with errors and intervals; left out under disclosure control."""
    if disclosure.is_on:
        return "Parameters are left out while disclosure control is on: they tell group sizes."
    table = pd.concat([results.params, results.bse, results.conf_int()], axis=1)
    body = indented(table.to_string(float_format=lambda value: f"{value:.6g}"))
    errors = f"  covariance: {in_words(results)}"
    return f"Parameters (logits against the first; powers of age)\n{body}\n{errors}"


def indented(text: str) -> str:
    """Return text with every line two blanks in."""
    return "\n".join(f"  {line}" for line in text.splitlines())
