"""Every error that deepcuts raises on purpose.

::

    DeepcutsError
    ├── DataError          (ValueError)   data from outside cannot be used: a column, a row, an id, a play count
    ├── SettingsError      (ValueError)   a setting or an argument is out of its range
    ├── UnknownIdError     (ValueError)   a user or an item that the data or the model does not have
    ├── FileFormatError    (ValueError)   a file is truncated, damaged, foreign or of a newer version
    ├── OutputError        (OSError)      an output exists already or cannot be written
    └── MissingExtraError  (ImportError)  an optional library is not installed

A message says what came, what was expected and what to do.
"""

from __future__ import annotations


class DeepcutsError(Exception):
    """Root of all errors of this package."""


class DataError(DeepcutsError, ValueError):
    """Data from outside cannot be used."""


class SettingsError(DeepcutsError, ValueError):
    """A setting or an argument is out of its range."""


class UnknownIdError(DeepcutsError, ValueError):
    """A user or an item that the data or the model does not have."""


class FileFormatError(DeepcutsError, ValueError):
    """A file is truncated, damaged, foreign or of a newer version."""


class OutputError(DeepcutsError, OSError):
    """An output exists already or cannot be written."""


class MissingExtraError(DeepcutsError, ImportError):
    """An optional library is not installed."""
