"""Commands of the program: run in this process, or what starts a process of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from typer.testing import CliRunner, Result

from deepcuts.cli.main import app

COMMAND = [sys.executable, "-c", "from deepcuts.cli.main import main; main()"]  # what stands before the words


def run(*words: object, code: int = 0, env: Mapping[str, str] | None = None) -> Result:
    """Run a command in this process, and check with which status it ends."""
    result = CliRunner().invoke(app, list(map(str, words)), env=env)
    assert result.exit_code == code, result.output
    return result


def import_paths(*first: object) -> str:
    """PYTHONPATH of a process that is to import what this one can, and before that from some folders."""
    return os.pathsep.join([*map(str, first), *filter(None, sys.path)])
