"""Files and tables into Interactions.

One reading goes this way: `files` finds the files and what they hold; `text_files`, `json_files`, `parquet_files` and
`tables` each turn their kind into a `scan`, SQL that names the columns asked for; `rules` adds what makes a row good;
`census` finds the ids of the good rows and numbers them; `bad` settles what becomes of the others; `pairs` sums the
plays of every pair, as `time_rules` count them. Text in which anything is wrong goes through `reread`, which knows its
lines. All SQL runs in the `database` of one reading, which is gone afterwards.
"""

from typing import TYPE_CHECKING

from deepcuts.lazy import names_on_demand

if TYPE_CHECKING:
    from deepcuts.ingest.prune import prune
    from deepcuts.ingest.reading import ingest, read_plays
    from deepcuts.ingest.tabular.columns import Columns
    from deepcuts.ingest.tabular.options import IngestReport, ReadOptions
    from deepcuts.ingest.tabular.time_rules import TimeRules

_HOMES = {
    "Columns": "tabular.columns",
    "IngestReport": "tabular.options",
    "ReadOptions": "tabular.options",
    "TimeRules": "tabular.time_rules",
    "ingest": "reading",
    "prune": "prune",
    "read_plays": "reading",
}

__all__ = ["Columns", "IngestReport", "ReadOptions", "TimeRules", "ingest", "prune", "read_plays"]

__getattr__ = names_on_demand(__name__, _HOMES)
