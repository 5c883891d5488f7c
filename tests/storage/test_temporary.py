"""Temporary folders, and which processes still run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from deepcuts.storage import is_running, temporary_folder


def test_a_process_runs_until_it_has_ended():
    assert is_running(os.getpid())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert is_running(process.pid)
    if os.name == "posix":
        assert not is_running(process.pid)
        assert not is_running(2**70)  # a number that no process can have, as a forged name may hold


def test_a_folder_lies_where_the_system_has_its_own_and_is_removed():
    with temporary_folder() as folder:
        assert Path(folder).parent == Path(tempfile.gettempdir())
        assert Path(folder).stat().st_mode & 0o077 == 0 or os.name == "nt"
        Path(folder, "file").touch()
    assert not Path(folder).exists()
