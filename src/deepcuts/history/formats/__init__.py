"""Formats of exports, each with its own rules of what a listen is.

A format says how a document becomes a table `raw` in the database (`json_records`, `delimited`), and in SQL what its
rows say: `row`, `artists`, `track`, `time`, `plays`, and why a row is `bad` or `dropped` by a rule, null where it is
not. `detection` finds out which format a document has, from what is in it.
"""

from deepcuts.history.formats.detection import KNOWN, detect
from deepcuts.history.formats.format import Format

__all__ = ["KNOWN", "Format", "detect"]
