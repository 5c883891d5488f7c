"""Signals that come where nothing may be raised."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from command_line import import_paths
from waiting import PATIENCE

INTERRUPTED_IN_AN_EXTENSION = """
import enum, os, signal, sys, time
from deepcuts.cli.interrupts import exit_status, signals_raised

set_one, sent = enum.EnumType.__setattr__, []

def set_and_signal(cls, name, value):  # DuckDB's machine code makes its enums so while it is initialised
    if "duckdb" in sys.modules and not sent:
        sent.append(cls)
        os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    set_one(cls, name, value)

enum.EnumType.__setattr__ = set_and_signal
with signals_raised(to_the_end=True):
    try:
        import duckdb
        time.sleep(5)
    except KeyboardInterrupt:
        sys.exit(exit_status() if sent else 1)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_while_an_extension_is_initialised_is_raised_after_that(name: str) -> None:
    script = [sys.executable, "-c", INTERRUPTED_IN_AN_EXTENSION, name]
    ended = subprocess.run(script, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ended.returncode, ended.stderr) == (128 + getattr(signal, name), "")


INTERRUPTED_IN_A_STRING = """
import sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":  # a library of the command, which is imported once signals are taken
            sys.meta_path.remove(self)
            exec("import os, signal, time; os.kill(os.getpid(), signal.SIGTERM); time.sleep(9)")

sys.meta_path.insert(0, Interrupting())
"""


def test_a_module_that_is_run_ends_with_the_status_of_its_signal(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTED_IN_A_STRING)
    command = [sys.executable, "-m", "deepcuts", "--help"]
    environment = {**os.environ, "PYTHONPATH": import_paths(tmp_path)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (143, "", "")
