"""Personal listening exports: read, counted, matched to a catalogue.

`reading` is the way of one reading. `documents` are the text files that an export consists of; `archives` unpacks them
in memory. `formats` detects the format of a document and turns it into rows; `listens` checks these, keeps those that
are listens and counts the others by reason; `counting` sums the listens to plays for each artist. All SQL runs in a
`database` that cannot open files. `matching` then finds the artists in the catalogue of a model. Nothing here opens a
network connection or writes a file.
"""

from typing import TYPE_CHECKING

from deepcuts.lazy import names_on_demand, public_names

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

__getattr__ = names_on_demand(__name__, _HOMES)

__dir__ = public_names(__name__)
