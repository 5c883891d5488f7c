"""Signals that come where nothing may be raised."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

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
