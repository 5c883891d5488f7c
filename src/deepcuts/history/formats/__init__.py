"""Formats of exports, each with its own rules of what a listen is.

A format loads a document into a table `raw` of the database (`json_records`, `delimited`), and has the SQL of its
rows: `row`, `artists`, `track`, `time`, `plays`, and why a row is `bad` or `dropped` by a rule, null where it is
not. `detection` finds the format of a document by its content.
"""

from deepcuts.history.formats.detection import KNOWN, detect
from deepcuts.history.formats.format import Format

__all__ = ["KNOWN", "Format", "detect"]
