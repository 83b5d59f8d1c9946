"""The files in data/synthetic are what the generator makes, and their README describes them."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from trajectories.rapporteur import read_register
from trajectories.rapporteur.render import COLUMNS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "data" / "synthetic"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic")
    runpy.run_path(str(FOLDER / "make.py"))["make"](folder)
    return folder


def test_every_file_is_byte_for_byte_what_the_generator_makes(made: Path) -> None:
    kept = {path.name for path in FOLDER.iterdir() if path.suffix in (".csv", ".json")}
    assert kept == {path.name for path in made.iterdir()}
    different = [n for n in sorted(kept) if (FOLDER / n).read_bytes() != (made / n).read_bytes()]
    assert not different, f"run `python make.py` in data/synthetic: {different} differ"


def test_the_files_are_a_readable_register_of_at_most_five_megabytes() -> None:
    register = read_register(FOLDER)
    counts = register.persons["population"].value_counts()
    assert counts["domestic_sex_traffickers"] == 630
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 5_000_000


def test_the_readme_describes_every_table_and_column_and_says_that_nobody_is_in_it() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "No real person is in these files" in text
    for table, columns in COLUMNS.items():
        section = text.split(f"`{table}.csv`, one row")[1].split(".csv`, one row")[0]
        for column in columns:
            assert f"| `{column}` |" in section, f"{table}: {column}"


def test_dates_are_iso_answers_true_or_false_and_lines_end_in_lf() -> None:
    for path in FOLDER.glob("*.csv"):
        content = path.read_bytes()
        assert b"\r" not in content
        assert b"True" not in content
        assert b"00:00" not in content
        assert content.endswith(b"\n")
