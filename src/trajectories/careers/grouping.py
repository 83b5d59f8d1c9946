"""Who counts in which row of a table: all, groups assigned, or groups known with a probability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel import Panel, Register
from trajectories.panel.arrays import FloatArray, counted
from trajectories.panel.arrays import names as names_of
from trajectories.panel.posterior import posterior_of
from trajectories.suggestions import did_you_mean

ALL = "all"


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Hold the weights of N persons in G groups, the first of which is everybody.

    Attributes
    ----------
    names : tuple
        ``"all"`` first.
    weights : ndarray, shape (N, G)
    """

    names: tuple[Any, ...]
    weights: FloatArray

    def take(self, rows: Any) -> FloatArray:
        """Return the weights of some persons, by number."""
        return np.asarray(self.weights[rows])


def who(by: Any, posterior: pd.DataFrame | None, persons: Any) -> Any:
    """Return the persons meant where none are named: those of the posterior, or of all populations.

    Groups are of whoever has a posterior or an assigned group; populations are all there are.
    """
    if persons is not None:
        return persons
    if posterior is not None:
        return posterior.index
    if isinstance(by, pd.Series):
        return by.index
    return "all" if isinstance(by, str) and by == "population" else None


def grouping(
    persons: pd.Index[Any],
    register: Register | None,
    by: Any = None,
    posterior: pd.DataFrame | None = None,
) -> Grouping:
    """Return the weights by which persons count in the rows of a table.

    Parameters
    ----------
    persons : Index, length N
        Ids.
    register : Register or None
        Where ``by`` is a column of its persons.
    by : str or Series, optional
        A column of the persons (``"population"``, ``"sex"``), or a group of each person by id.
    posterior : DataFrame, optional
        A row a person by id, a column a group: probabilities that add up to 1.

    Raises
    ------
    InputError
        If both are given, or a person has no group or probabilities.
    """
    if by is not None and posterior is not None:
        raise InputError("give either by= or posterior=, not both")
    everybody = np.ones((len(persons), 1))
    if posterior is not None:
        advice = "add them, or choose the others with persons="
        names, weights = list(posterior.columns), posterior_of(posterior, persons, advice)
    elif by is not None:
        names, weights = _assigned(_values(persons, register, by))
    else:
        return Grouping((ALL,), everybody)
    return Grouping((ALL, *names), np.hstack([everybody, weights]))


def of_panel(panel: Panel, by: Any, posterior: pd.DataFrame | None) -> Grouping:
    """Return the weights of the units of a panel; its own weights multiply them."""
    found = grouping(panel.units, None, by, posterior)
    if panel.weights is None:
        return found
    return Grouping(found.names, found.weights * panel.weights[:, None])


def _values(persons: pd.Index[Any], register: Register | None, by: Any) -> pd.Series[Any]:
    if isinstance(by, pd.Series):
        _refuse_missing(persons, by.index, "by")
        return by.reindex(persons)
    if register is None or not isinstance(by, str):
        raise InputError(
            "by= must be a Series of groups by person id, or the name of a column of persons"
        )
    if by not in register.persons.columns:
        raise InputError(
            f"by={by!r} is no column of the register's persons, which have "
            f"{names_of(register.persons.columns)}{did_you_mean(by, register.persons.columns)}; "
            "or give a Series of groups by person id"
        )
    table = register.persons
    return pd.Series(table[by].to_numpy(), index=pd.Index(table["person"])).reindex(persons)


def _assigned(values: pd.Series[Any]) -> tuple[list[Any], FloatArray]:
    missing = int(values.isna().sum())
    if missing:
        raise InputError(
            f"by: no group for {counted(missing, 'person')} of {len(values):,}; fill it in, or "
            "leave these persons out with persons="
        )
    codes, names = pd.factorize(values, sort=True)
    if ALL in set(names):
        raise InputError(f"by: a group is called {ALL!r}, the name of the row of all; rename it")
    weights = np.zeros((len(values), len(names)))
    weights[np.arange(len(values)), codes] = 1.0
    return list(names), weights


def _refuse_missing(persons: pd.Index[Any], known: pd.Index[Any], what: str) -> None:
    if not known.is_unique:
        raise InputError(f"{what}: {counted(int(known.duplicated().sum()), 'person')} given twice")
    missing = int((~persons.isin(known)).sum())
    if missing:
        raise InputError(
            f"{what}: nothing for {counted(missing, 'person')} of {len(persons):,}; add them, or "
            "choose the others with persons="
        )
