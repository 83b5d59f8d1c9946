"""Panels from Parquet and from memory maps are the panels of the same counts in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr

pytest.importorskip("pyarrow")

AGES = np.arange(12, 20)


def wide(highest: int = 3, n_units: int = 60) -> pd.DataFrame:
    """Counts of units whose ids are not the row numbers."""
    rng = np.random.default_rng(0)
    counts = rng.integers(0, highest + 1, (n_units, len(AGES)))
    index = pd.Index(1_000 + 7 * np.arange(n_units), name="person")
    return pd.DataFrame(counts, index=index, columns=[str(age) for age in AGES])


def long(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with a row a unit and age, in no order."""
    frame = frame.set_axis(AGES, axis=1)
    rows = frame.reset_index().melt("person", var_name="age", value_name="count")
    return rows.sample(frac=1.0, random_state=1)


def assert_same(panel: tr.Panel, frame: pd.DataFrame, kind: type) -> None:
    assert panel.outcomes.dtype == kind
    assert isinstance(panel.outcomes.base, np.memmap | np.ndarray)
    held = pd.DataFrame(panel.outcomes, index=panel.units, columns=panel.ages.astype(int))
    expected = frame.set_axis(AGES, axis=1)
    assert np.array_equal(held.loc[expected.index].to_numpy(), expected.to_numpy())


@pytest.mark.parametrize(("highest", "kind"), [(3, np.uint8), (400, np.uint16)])
def test_wide_files_in_row_groups_are_the_table(tmp_path: Path, highest: int, kind: type) -> None:
    frame = wide(highest)
    frame.iloc[:40].reset_index().to_parquet(tmp_path / "a.parquet", row_group_size=7)
    frame.iloc[40:].reset_index().to_parquet(tmp_path / "b.parquet", row_group_size=7)
    files = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for source in (tmp_path, files, [str(path) for path in files]):
        assert_same(tr.Panel.from_parquet(source, unit="person"), frame, kind)


@pytest.mark.parametrize(("highest", "kind"), [(3, np.uint8), (254, np.uint8), (400, np.uint16)])
def test_long_row_groups_in_any_order_are_the_table(
    tmp_path: Path, highest: int, kind: type
) -> None:
    frame = wide(highest)
    long(frame).to_parquet(tmp_path / "long.parquet", row_group_size=31)
    panel = tr.Panel.from_parquet(
        tmp_path / "long.parquet", unit="person", age="age", count="count", ages=AGES
    )
    assert_same(panel, frame, kind)


def test_cells_without_a_row_are_refused_unless_they_are_said_to_be_zero() -> None:
    frame = wide()
    rows = long(frame)
    some = rows[rows["count"] > 0]
    pieces = [some.iloc[:50], some.iloc[50:]]
    options = {"unit": "person", "age": "age", "count": "count", "ages": AGES}
    with pytest.raises(tr.errors.InputError, match="absent=0"):
        tr.Panel.from_parquet(iter(pieces), **options)
    assert_same(tr.Panel.from_parquet(iter(pieces), absent=0, **options), frame, np.uint8)
    with pytest.raises(tr.errors.InputError, match="given twice"):
        tr.Panel.from_parquet([some, some.iloc[:1]], absent=0, **options)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.assign(**{"12": -1}), "negative or fractional"),
        (lambda f: f.assign(**{"12": 0.5}), "negative or fractional"),
        (lambda f: f.assign(**{"12": np.nan}), "missing"),
        (lambda f: f.assign(**{"12": 70_000}), "65,535"),
        (lambda f: f.assign(**{"12": "x"}), "not numeric"),
        (lambda f: f.iloc[:0], "no rows"),
    ],
)
def test_what_is_no_table_of_counts_is_refused(change: object, words: str) -> None:
    with pytest.raises(tr.errors.InputError, match=words):
        tr.Panel.from_parquet([change(wide())])  # type: ignore[operator]


def test_sources_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "no.parquet").write_text("no")
    with pytest.raises(tr.errors.InputError, match="no Parquet file"):
        tr.Panel.from_parquet(tmp_path / "no.parquet")
    with pytest.raises(tr.errors.InputError, match="cannot be found"):
        tr.Panel.from_parquet(tmp_path / "none.parquet")
    with pytest.raises(tr.errors.InputError, match="different columns"):
        tr.Panel.from_parquet([wide(), wide().iloc[:, :3]])


def test_a_memory_map_is_fitted_as_the_array_is(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson(rng.gamma(0.5, 1.0, 400)[:, None], (400, len(AGES))).astype(np.uint8)
    np.save(tmp_path / "counts.npy", counts)
    mapped = tr.Panel.from_wide(np.load(tmp_path / "counts.npy", mmap_mode="r"), ages=AGES)
    held = tr.Panel.from_wide(counts, ages=AGES)
    spec = tr.GroupTrajectories(2, "poisson", 1)
    one, other = (spec.fit(panel, n_starts=3) for panel in (mapped, held))
    assert np.array_equal(one.params, other.params)
    assert np.array_equal(one.posterior, other.posterior)


def test_whole_numbers_of_pandas_own_types_are_counts(tmp_path: Path) -> None:
    frame = wide()
    own = frame.reset_index().astype("Int64")
    own.to_parquet(tmp_path / "own.parquet", row_group_size=9)
    assert_same(tr.Panel.from_parquet(tmp_path / "own.parquet", unit="person"), frame, np.uint8)
    rows = long(frame).astype("Int64")
    options = {"unit": "person", "age": "age", "count": "count", "ages": AGES}
    assert_same(tr.Panel.from_parquet([rows], **options), frame, np.uint8)
    own.iloc[3, 2] = pd.NA
    with pytest.raises(tr.errors.InputError, match="1 count missing"):
        tr.Panel.from_parquet([own], unit="person")


def test_ids_that_pandas_wrote_as_the_index_are_kept(tmp_path: Path) -> None:
    frame = wide()
    frame.to_parquet(tmp_path / "index.parquet", row_group_size=9)
    assert_same(tr.Panel.from_parquet(tmp_path / "index.parquet"), frame, np.uint8)
    long(frame).set_index("person").to_parquet(tmp_path / "long.parquet", row_group_size=9)
    options = {"unit": "person", "age": "age", "count": "count", "ages": AGES}
    assert_same(tr.Panel.from_parquet(tmp_path / "long.parquet", **options), frame, np.uint8)


def test_what_cannot_be_read_or_written_is_said_in_one_line(tmp_path: Path) -> None:
    frame = wide().reset_index()
    frame.to_parquet(tmp_path / "cut.parquet")
    damaged = bytearray((tmp_path / "cut.parquet").read_bytes())
    damaged[30:60] = b"\xff" * 30
    (tmp_path / "cut.parquet").write_bytes(damaged)
    with pytest.raises(tr.errors.InputError, match=r"row group 0 of cut\.parquet"):
        tr.Panel.from_parquet(tmp_path / "cut.parquet", unit="person")
    with pytest.raises(tr.errors.InputError, match="folder="):
        tr.Panel.from_parquet([frame], unit="person", folder=tmp_path / "none")
    with pytest.raises(tr.errors.InputError, match="ages"):
        tr.Panel.from_parquet([long(wide())], unit="person", age="age", ages=5)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("shape", ["wide", "long"])
def test_a_full_disk_is_said_and_does_not_end_the_process(
    monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if shape == "wide":
        device = Path("/dev/full").open("r+b")  # noqa: SIM115  # closed as the temporary file is
        monkeypatch.setattr("tempfile.TemporaryFile", lambda dir: device)
        options = {"unit": "person"}
    else:
        monkeypatch.setattr("os.posix_fallocate", full)
        options = {"unit": "person", "age": "age", "ages": AGES}
    frame = wide().reset_index() if shape == "wide" else long(wide())
    with pytest.raises(tr.errors.InputError, match="No space left"):
        tr.Panel.from_parquet([frame], **options)


def test_the_temporary_file_has_no_name(tmp_path: Path) -> None:
    panel = tr.Panel.from_parquet([wide()], folder=tmp_path)
    assert panel.n_units == 60
    assert list(tmp_path.iterdir()) == []
