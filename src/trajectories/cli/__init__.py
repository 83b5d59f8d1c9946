"""The command line: ``trajectories replicate | coverage | simulate | panel | fit | select | …``."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any

from trajectories.cli.parser import build_parser
from trajectories.errors import TrajectoriesError, TrajectoriesWarning

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    0: done. 2: bad input or arguments, said in one line on stderr. 3: done, but rows were refused.
    130: interrupted.
    """
    try:
        args = build_parser().parse_args(argv)
        # commands are imported when run, so that --help loads neither pandas nor matplotlib
        command = import_module(f"trajectories.cli.{args.command}")
        with warnings.catch_warnings():
            warnings.simplefilter("always", TrajectoriesWarning)
            warnings.showwarning = _show_warning(warnings.showwarning)
            with _small_cells(getattr(args, "minimum_cell", 0)):
                status = command.run(args)
    except TrajectoriesError as error:
        return _fail(str(error))
    except OSError as error:
        what = error.strerror or type(error).__name__
        return _fail(f"{error.filename}: {what}" if error.filename else what)
    except KeyboardInterrupt:
        checkpoint = getattr(args, "checkpoint", None)
        if checkpoint is not None and checkpoint.exists():
            sys.stderr.write(
                f"trajectories: interrupted; the same command goes on from {checkpoint}\n"
            )
            return 130
        sys.stderr.write("trajectories: interrupted; nothing was written\n")
        return 130
    return int(status or 0)


def _small_cells(minimum_cell: int) -> AbstractContextManager[Any]:
    """Turn disclosure control on for a command that is asked to suppress small cells."""
    if minimum_cell <= 1:
        return nullcontext()
    from trajectories.disclosure_control import disclosure

    return disclosure(minimum_cell)


def _fail(message: str) -> int:
    sys.stderr.write(f"trajectories: error: {' '.join(message.split())}\n")
    return 2


def _show_warning(usual: Any) -> Any:
    def show(message: Any, category: type[Warning], *rest: Any, **named: Any) -> None:
        if issubclass(category, TrajectoriesWarning):
            # how the fit ended is no warning where it ended well
            text = " ".join(str(message).split()).removeprefix("converged: ")
            sys.stderr.write(f"trajectories: warning: {text}\n")
        else:
            usual(message, category, *rest, **named)

    return show
