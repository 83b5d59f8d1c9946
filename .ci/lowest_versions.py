"""Print the lowest versions that pyproject.toml admits, as pins for pip.

Run: python lowest_versions.py pyproject.toml [extra ...]

`numpy>=2.0` becomes `numpy==2.0.*`: the newest bug-fix release of the lowest version declared.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def pins(pyproject: Path, extras: list[str]) -> list[str]:
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    result = []
    for requirement in wanted:
        found = re.fullmatch(r"([\w.-]+)(?:\[[\w,-]+\])?>=(\d+(?:\.\d+)*)", requirement)
        if found is None:
            raise SystemExit(
                f"{requirement!r} declares no lowest version of the form name>=version"
            )
        name, version = found.groups()
        result.append(f"{name}=={version}" + (".*" if version.count(".") < 2 else ""))
    return sorted(set(result))


if __name__ == "__main__":
    print(" ".join(pins(Path(sys.argv[1]), sys.argv[2:])))
