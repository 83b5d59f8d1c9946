"""The coding of covariates as plain numbers and text, and back: no person's values are in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError, ModelFileError
from trajectories.panel.covariate_formula import model_matrix, parse_formula
from trajectories.panel.covariates import CovariateDesign

N_INVENTED = 40
"""Rows of invented covariates from which the coding is made again, and checked."""
CLOSE = 1e-9
"""Largest relative difference of an invented row's columns that rounding may make."""


def design_document(design: CovariateDesign) -> dict[str, Any]:
    """Return formula, coding and the columns that invented covariates get.

    Raises
    ------
    InputError
        If a category is neither text nor a number.
    """
    names = design.variables
    booleans = [n for n in names if str(n) in design.references and n not in design.categories]
    document = {
        "formula": design.formula,
        "columns": list(design.columns),
        "terms": {term: list(places) for term, places in design.terms.items()},
        "references": dict(design.references),
        "variables": [str(name) for name in names],
        "booleans": [str(name) for name in booleans],
        "categories": {
            str(name): [_plain_value(value) for value in levels]
            for name, levels in design.categories.items()
        },
        "state": _coded(design._spec["spec"].transform_state),
        "n_units": design.n_units,
        "n_missing": design.n_missing,
        "missing": design.missing,
    }
    invented = model_matrix(design._spec, _invented(document))
    return {**document, "invented": np.nan_to_num(invented.to_numpy(float)).tolist()}


def design_from_document(document: dict[str, Any]) -> CovariateDesign:
    """Undo :func:`design_document`; check that invented covariates get the same columns.

    Raises
    ------
    ModelFileError
        If they do not.
    """
    frame = _invented(document)
    try:
        made = model_matrix(parse_formula(document["formula"]), frame)
    except InputError as error:
        raise ModelFileError(f"the formula of the covariates is refused: {error}") from None
    spec = {"spec": made.attrs["spec"], "variables": list(document["variables"])}
    state = spec["spec"].transform_state
    state.clear()
    state.update(_decoded(document["state"]))
    again = model_matrix(spec, frame)
    now, then = np.nan_to_num(again.to_numpy(float)), np.array(document["invented"], dtype=float)
    same = [str(name) for name in again.columns] == document["columns"] and now.shape == then.shape
    if not same or (np.abs(now - then) > CLOSE * (1 + np.abs(then))).any():
        raise ModelFileError(
            "the membership covariates of the model are coded differently than when it was saved "
            "(another version of formulaic?): do not use it; fit and save it again"
        )
    return CovariateDesign(
        formula=document["formula"],
        matrix=np.empty((0, len(document["columns"]))),
        columns=tuple(document["columns"]),
        terms={term: tuple(places) for term, places in document["terms"].items()},
        references=dict(document["references"]),
        rows=np.empty(0, dtype=np.int64),
        n_units=document["n_units"],
        n_missing=document["n_missing"],
        missing=document["missing"],
        categories={name: tuple(levels) for name, levels in document["categories"].items()},
        _spec=spec,
    )


def _invented(document: dict[str, Any]) -> pd.DataFrame:
    """Return rows of invented covariates that have every category."""
    rng = np.random.default_rng(20261122)
    size = max([N_INVENTED, *(2 * len(levels) for levels in document["categories"].values())])
    columns: dict[str, Any] = {}
    for name in document["variables"]:
        if name in document["categories"]:
            levels = document["categories"][name]
            values = [levels[i % len(levels)] for i in rng.permutation(size)]
            columns[name] = pd.Categorical(values, categories=levels)
        elif name in document["booleans"]:
            columns[name] = rng.permutation(size) % 2 == 0
        else:
            columns[name] = rng.uniform(0.5, 1.5, size)
    return pd.DataFrame(columns)


def _plain_value(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, str | int | float | bool):
        raise InputError(
            f"a category of the membership covariates is a {type(value).__name__}: give categories "
            "that are text or numbers, to save the model"
        )
    return value


def _coded(state: Any) -> Any:
    """Return the state of the formula's functions (centre, knots) as JSON knows it."""
    if isinstance(state, dict):
        return {"pairs": [[_coded(key), _coded(value)] for key, value in state.items()]}
    if isinstance(state, list | tuple | np.ndarray):
        return {"list": [_coded(value) for value in state]}
    if isinstance(state, np.generic):
        return state.item()
    if state is None or isinstance(state, str | int | float | bool):
        return state
    raise InputError(
        "a function in the formula of the membership covariates remembers what cannot be saved: "
        "compute the covariate beforehand and name the column"
    )


def _decoded(state: Any) -> Any:
    if isinstance(state, dict) and "pairs" in state:
        return {_decoded(key): _decoded(value) for key, value in state["pairs"]}
    if isinstance(state, dict):
        return [_decoded(value) for value in state["list"]]
    return state
