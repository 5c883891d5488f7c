"""Personal listening exports: read, counted, matched to a catalogue.

One reading goes this way: `documents` are the text files that an export consists of, `archives` unpacks them in memory;
`formats` finds out what a document holds and turns it into rows; `listens` judges these row by row and counts what
became of them; `counting` sums what is left to plays for each artist. All SQL runs in a `database` that can reach no
file. `matching` finds the artists in the catalogue of a model. Nothing here opens a network connection or writes a
file.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepcuts.history.listens import BadRows, Source
    from deepcuts.history.matches import Matches
    from deepcuts.history.matching import Matcher
    from deepcuts.history.options import HistoryOptions
    from deepcuts.history.reading import History, read_history, read_upload

_HOMES = {
    "BadRows": "listens",
    "History": "reading",
    "HistoryOptions": "options",
    "Matcher": "matching",
    "Matches": "matches",
    "Source": "listens",
    "read_history": "reading",
    "read_upload": "reading",
}

__all__ = ["BadRows", "History", "HistoryOptions", "Matcher", "Matches", "Source", "read_history", "read_upload"]


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: the command reads the options, and needs no database for that."""
    if name not in _HOMES:
        raise AttributeError(f"module 'deepcuts.history' has no attribute {name!r}")
    return getattr(import_module(f"deepcuts.history.{_HOMES[name]}"), name)
