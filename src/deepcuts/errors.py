"""Every error that deepcuts raises on purpose.

::

    DeepcutsError
    ├── DataError          (ValueError)   data from outside cannot be used: a column, a row, an id, a play count
    ├── SettingsError      (ValueError)   a setting or an argument is out of its range
    ├── UnknownIdError     (ValueError)   a user, an item or a persona that the data or the model does not have
    ├── FileFormatError    (ValueError)   a file is truncated, damaged, foreign or of a newer version
    ├── OutputError        (OSError)      an output exists already or cannot be written
    └── MissingExtraError  (ImportError)  an optional library is not installed

A message says what came, what was expected and what to do.
"""

from __future__ import annotations

MOST_BYTES = 1_500


def shortened(text: str, most_bytes: int = MOST_BYTES) -> str:
    """Leave out the middle of a text that is longer than this in UTF-8, as a value of any length may stand in it."""
    if len(encoded := text.encode("utf-8", "replace")) <= most_bytes:
        return text
    head, tail = most_bytes * 2 // 3, most_bytes // 4
    return f"{encoded[:head].decode('utf-8', 'ignore')} … {encoded[-tail:].decode('utf-8', 'ignore')}"


def command_for(extra: str) -> str:
    """Return the command that adds an extra to deepcuts where it is installed, from wherever it came."""
    return f"pip install 'deepcuts[{extra}]'"


class DeepcutsError(Exception):
    """Root of all errors of this package; of a long message the text is a shortened one."""

    def __str__(self) -> str:
        return shortened(super().__str__())


class DataError(DeepcutsError, ValueError):
    """Data from outside cannot be used."""


class SettingsError(DeepcutsError, ValueError):
    """A setting or an argument is out of its range."""


class UnknownIdError(DeepcutsError, ValueError):
    """A user, an item or a persona that the data or the model does not have."""


class FileFormatError(DeepcutsError, ValueError):
    """A file is truncated, damaged, foreign or of a newer version."""


class OutputError(DeepcutsError, OSError):
    """An output exists already or cannot be written."""


class MissingExtraError(DeepcutsError, ImportError):
    """An optional library is not installed."""

    @classmethod
    def of(cls, library: str, extra: str) -> MissingExtraError:
        """Say which library is missing, and how to get it with what else belongs to it."""
        return cls(f"{library} is not installed. Run: {command_for(extra)}")
