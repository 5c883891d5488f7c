"""Formats of exports, each with its own rules of what a listen is.

A format loads a document into a table `raw` of the database (`json_records`, `delimited`), and has the SQL of its
rows: `row`, `artists`, `track`, `time`, `plays`, and why a row is `bad` or `dropped` by a rule, null where it is
not. Every format has a file with a function that recognises it; `registry` names them all, and `detection` asks them in
order.
"""

from deepcuts.history.formats.detection import FIRST_SCROBBLER, detect
from deepcuts.history.formats.format import Format, Refusal
from deepcuts.history.formats.registry import KNOWN

__all__ = ["FIRST_SCROBBLER", "KNOWN", "Format", "Refusal", "detect"]
