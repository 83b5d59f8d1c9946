"""Print the n-th fenced shell block of a Markdown file: `readme_block.py README.md 2`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

FENCE = re.compile(r"^```(?:sh|bash|shell|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main() -> None:
    file, number = Path(sys.argv[1]), int(sys.argv[2])
    blocks = FENCE.findall(file.read_text(encoding="utf-8"))
    if len(blocks) < number:
        sys.exit(f"{file} has {len(blocks)} shell blocks; number {number} was asked for")
    print(blocks[number - 1].strip())


if __name__ == "__main__":
    main()
