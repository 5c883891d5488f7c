"""Versions of what a report was made with."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from deepcuts._version import __version__

_PACKAGES = ("numpy", "scipy", "numba", "pyarrow", "matplotlib", "implicit", "irspack", "scikit-learn")


def versions() -> Mapping[str, str]:
    """Return the versions of Python, deepcuts and those of the packages behind a report that are installed."""
    found = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "deepcuts": __version__,
    }
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
