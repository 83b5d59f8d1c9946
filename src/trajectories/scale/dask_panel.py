"""A panel in parts, each made and kept where it is read; fits are those of one machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from trajectories.errors import InputError
from trajectories.families import Family
from trajectories.groups.control import Control
from trajectories.groups.model import Model
from trajectories.groups.search.spread_panel import PanelFacts, SpreadPanel
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel
from trajectories.scale import sources
from trajectories.scale.cluster import KEEP, Parts, later, need_client
from trajectories.scale.dask_draws import DaskDraws
from trajectories.scale.dask_problem import DaskProblem
from trajectories.scale.panel_facts import facts_of
from trajectories.scale.panel_part import Nobody, Shape, build, predict_part
from trajectories.scale.resampled_part import build_resampled
from trajectories.scale.scan import Scan, scan_of, scan_part


@dataclass(frozen=True, eq=False, repr=False)
class DaskPanel(SpreadPanel):
    """Hold a panel in parts on a Dask cluster; made with one of the ``from_`` methods.

    Takes the place of a ``Panel`` in ``GroupTrajectories.fit`` and ``select``: the answer is that
    of one machine, the same for any number of workers, and rows stay on their workers. Posteriors
    of units are not gathered; ``predict_proba`` makes them where the units are.

    Attributes
    ----------
    parts : tuple
        What each part is made of: a Dask ``Delayed``, a path, or anything that ``read`` takes.
    ages : ndarray, shape (T,)
        The same for every part.
    read : callable or None
        Makes a Panel of a source, on a worker; None: sources are (delayed) Panels.
    keep : {"auto", "memory", "disk"}
        Where workers keep what they made of their parts: "auto" takes memory while less than half
        of a worker's limit is used, and then the worker's disk, from which a part at a time is
        read at every pass.
    sample_size : int
        Largest ``Control.sample_size`` of fits to this panel.
    client : distributed.Client or None
        None: the client in force when the panel is first used.
    """

    parts: tuple[Any, ...]
    ages: FloatArray
    read: Callable[[Any], Panel | Nobody] | None = None
    keep: str = "auto"
    sample_size: int = Control().sample_size
    client: Any = None
    _known: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.parts:
            raise InputError("a DaskPanel needs at least one part")
        if self.keep not in KEEP:
            raise InputError(f"keep must be one of {', '.join(KEEP)}, not {self.keep!r}")
        ages = sources.grid_of(self.ages)
        object.__setattr__(self, "ages", ages)

    @classmethod
    def from_array(
        cls,
        counts: Any,
        ages: Any = None,
        exposure: Any = None,
        weights: Any = None,
        **options: Any,
    ) -> DaskPanel:
        """Make a panel of a Dask array with a row a unit; a chunk of rows is a part.

        Parameters
        ----------
        counts : dask.array.Array, shape (N, T)
            NaN where not observed.
        ages : array-like of T numbers, optional
            0, 1, …, T − 1 unless given.
        exposure, weights : dask.array.Array, shapes (N, T) and (N,), optional
        **options
            ``keep``, ``sample_size``, ``client``: see the class.
        """
        parts, ages = sources.of_array(counts, ages, exposure, weights)
        return cls(parts, ages, **options)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        ages: Any,
        unit: Any = "unit",
        age: Any = "age",
        count: Any = "count",
        exposure: Any = None,
        weight: Any = None,
        by_unit: bool = False,
        **options: Any,
    ) -> DaskPanel:
        """Make a panel of a Dask frame with a row a unit and age, as ``Panel.from_long`` does.

        Parameters
        ----------
        frame : dask.dataframe.DataFrame
        ages : array-like of numbers
            To keep, strictly increasing; they must be given, because no partition knows them all.
        unit, age, count, exposure, weight : column labels
        by_unit : bool
            True: all rows of a unit are in one partition, and each partition is a part. False:
            rows are sorted into as many parts by unit first, which sends them between workers
            once.
        **options
            ``keep``, ``sample_size``, ``client``: see the class.
        """
        columns = {"unit": unit, "age": age, "count": count}
        columns |= {"exposure": exposure, "weight": weight}
        parts = sources.of_frame(frame, unit, by_unit)
        grid = sources.grid_of(ages)
        return cls(parts, grid, partial(sources.read_long_part, ages=grid, **columns), **options)

    @classmethod
    def from_parquet(
        cls,
        files: str | Path | Iterable[str | Path],
        ages: Any,
        unit: Any = "unit",
        age: Any = "age",
        count: Any = "count",
        exposure: Any = None,
        weight: Any = None,
        **options: Any,
    ) -> DaskPanel:
        """Make a panel of Parquet files with a row a unit and age; a file is a part.

        All rows of a unit must be in one file. Workers read the files themselves: paths must mean
        the same there.

        Parameters
        ----------
        files : path of a folder, or several of files
        ages, unit, age, count, exposure, weight
            As for ``from_frame``.
        **options
            ``keep``, ``sample_size``, ``client``: see the class.
        """
        columns = {"unit": unit, "age": age, "count": count}
        columns |= {"exposure": exposure, "weight": weight}
        grid = sources.grid_of(ages)
        read = partial(sources.read_parquet_part, ages=grid, **columns)
        return cls(sources.files_of(files, "*.parquet"), grid, read, **options)

    @classmethod
    def from_parts(
        cls, parts: Sequence[Any], read: Callable[[Any], Panel], ages: Any, **options: Any
    ) -> DaskPanel:
        """Make a panel of anything that a function turns into Panels, on the workers.

        Parameters
        ----------
        parts : sequence
            What ``read`` is called with: the path of a memory-mapped array, a range of ids, …
        read : callable
            Of an imported module. The same part must always give the same Panel.
        ages : array-like of T numbers
            Of every part.
        **options
            ``keep``, ``sample_size``, ``client``: see the class.
        """
        if not callable(read):
            raise InputError("read must be a function that makes a Panel of a part")
        return cls(tuple(parts), sources.grid_of(ages), read, **options)

    @property
    def n_parts(self) -> int:
        """Number of parts."""
        return len(self.parts)

    @property
    def grid(self) -> FloatArray:
        """The ages at which anybody was observed, increasing (reads the parts, once)."""
        seen = self.scanned().shape.seen
        return self.ages if seen is None else self.ages[seen]

    @property
    def total_weight(self) -> float:
        """Sum of the weights; the number of units where there are none (reads the parts, once)."""
        return self.scanned().total_weight

    @property
    def n_units(self) -> int:
        """Number of units (reads the parts, once)."""
        return self.scanned().n_units

    def without_empty_ages(self) -> DaskPanel:
        """Return the panel: ages at which nobody is observed are left out of ``grid`` anyway."""
        return self

    def scanned(self) -> Scan:
        """Read all parts once, for what must be known of all before any is built.

        Raises
        ------
        InputError
            If a part cannot be read, or some have exposure and others not.
        """
        if "scan" not in self._known:
            first = self._first_shape()
            self._known["scan"] = scan_of(self._gathered(self.parts, scan_part, first), first)
        found: Scan = self._known["scan"]
        return found

    def problem(self, family: Family) -> DaskProblem:
        """Return the panel as the search sees it; kept for further fits with the same family."""
        if family not in self._known:
            self._known[family] = self._as_problem(build, family)
        held: DaskProblem = self._known[family]
        return held

    def _as_problem(self, make: Callable[..., Any], family: Family) -> DaskProblem:
        shape, grid = self.scanned().shape, self.grid
        make = partial(make, shape=shape, family=family, size=self.sample_size)
        parts = Parts(self._held(), make, need_client(self.client), self.keep)
        return DaskProblem(parts, grid, self.sample_size)

    def each(self, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Return ``function(source, *arguments)`` of every part that holds anybody, where it is."""
        return self._gathered(self._held(), function, *arguments)

    def _held(self) -> list[Any]:
        return [self.parts[place] for place in self.scanned().held]

    def _gathered(
        self, parts: Sequence[Any], function: Callable[..., Any], *arguments: Any
    ) -> list[Any]:
        task = later(partial(_turned, function, arguments))
        client = need_client(self.client)
        found: list[Any] = client.gather(client.compute([task(part) for part in parts]))
        return found

    def _first_shape(self) -> Shape:
        return Shape(self.ages, self.read)

    def release(self) -> None:
        """Forget what the workers hold, so that they have their memory and disk back."""
        self._known.clear()

    def facts(self, model: Model, parameters: Parameters) -> PanelFacts:
        """Return what results say of the panel, classification by the posterior included."""
        return facts_of(self, model, parameters)

    def draws(self, family: Family) -> DaskDraws:
        """Return the panel as one that persons are drawn from; the workers build it anew."""
        return DaskDraws(self._as_problem(build_resampled, family))

    def predict_proba(self, results: Any) -> Any:
        """Return posterior group probabilities by unit, as a Dask frame that is computed lazily.

        Parameters
        ----------
        results : GroupTrajectoriesResults
            Fitted here or elsewhere, or loaded.

        Returns
        -------
        dask.dataframe.DataFrame
            A partition a part. Write it where it is (``.to_parquet``), or ``.compute()`` it.
        """
        from dask.dataframe import from_delayed

        light = replace(results, _posterior=None, _units=None)
        task = later(partial(_turned, predict_part, (self._first_shape(), light)))
        columns = pd.RangeIndex(1, results.n_groups + 1, name="group")
        meta = pd.DataFrame(columns=columns, dtype=float)
        return from_delayed([task(part) for part in self.parts], meta=meta, verify_meta=False)

    def __repr__(self) -> str:
        """Describe the shape; never show a row."""
        ages = f"{self.ages[0]:g} to {self.ages[-1]:g}"
        return f"<DaskPanel: {self.n_parts} parts × {len(self.ages)} ages ({ages})>"


def _turned(function: Callable[..., Any], arguments: tuple[Any, ...], source: Any) -> Any:
    return function(source, *arguments)
