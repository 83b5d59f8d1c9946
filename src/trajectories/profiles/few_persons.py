"""No model is published under disclosure control that tells of few persons."""

from __future__ import annotations

from trajectories.disclosure_control import disclosure, is_few
from trajectories.errors import InputError
from trajectories.groups import GroupTrajectoriesResults
from trajectories.groups.group_sizes import effects_of_few, hidden_groups, slopes_of_few
from trajectories.profiles.card import ModelCard


def refuse_few_persons(results: GroupTrajectoriesResults, card: ModelCard) -> None:
    """Raise an InputError for a model, or a card, that the switch would not let out.

    A file for scoring holds the share and curve of every group, the effects of covariates, and how
    many persons of each subgroup were fitted.
    """
    if not disclosure.minimum_cell:
        return
    what = f"fewer than {disclosure.minimum_cell} persons"
    if hidden_groups(results, adds_up=False):
        raise InputError(f"a group of {what} would be published: fit fewer groups")
    if slopes_of_few(results).any() or effects_of_few(results).any():
        raise InputError(
            f"an effect that rests on {what} with a value in a group would be published: merge "
            "categories, or leave the covariate out"
        )
    for name, number in card.n_by_subgroup.items():
        if is_few(number, float(results.nobs)):
            raise InputError(
                f"card: of subgroup {name!r}, or of everybody else, there are {what}: leave the "
                "subgroup out, and say so in limits"
            )


def refuse_made_before(minimum_cell: int, maker: str) -> None:
    """Raise an InputError for a document whose texts were made for a lower minimum."""
    if disclosure.minimum_cell > minimum_cell:
        raise InputError(
            f"this document was made before disclosure control was turned on, or for a lower "
            f"minimum: call tr.profiles.{maker} again while it is on"
        )
