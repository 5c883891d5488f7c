"""Files and tables into Interactions.

`reading` is the way of one reading. `tabular.files` finds the files and their kinds; `tabular.text_files`,
`tabular.json_files`, `tabular.parquet_files` and `tabular.arrow_tables` each turn their kind into a `tabular.scan`: SQL
that selects the columns asked for. `tabular.rules` adds the conditions of a good row. `aggregation` makes two passes:
it counts the rows and finds the ids, then sums the plays of every pair, weighted by `tabular.time_rules`; in between,
`bad_rows` refuses bad rows or lists them, after `tabular.line_reader` has found their line numbers. `mapped` does the
same with items that are renamed on the way. All SQL runs in the `tabular.database` of one reading, which is deleted
afterwards.
"""

from typing import TYPE_CHECKING

from deepcuts.lazy import names_on_demand, public_names

if TYPE_CHECKING:
    from deepcuts.data.foreign import PlaysLike
    from deepcuts.ingest.mapped import count_text_rows, sum_mapped
    from deepcuts.ingest.pruning import prune
    from deepcuts.ingest.reading import ingest, read_plays
    from deepcuts.ingest.tabular.columns import Columns
    from deepcuts.ingest.tabular.options import IngestReport, ReadOptions
    from deepcuts.ingest.tabular.time_rules import TimeRules
    from deepcuts.ingest.taking import as_plays, read_own_table

_HOMES = {
    "Columns": "tabular.columns",
    "IngestReport": "tabular.options",
    "PlaysLike": ".data.foreign",
    "ReadOptions": "tabular.options",
    "TimeRules": "tabular.time_rules",
    "as_plays": "taking",
    "count_text_rows": "mapped",
    "ingest": "reading",
    "prune": "pruning",
    "read_own_table": "taking",
    "read_plays": "reading",
    "sum_mapped": "mapped",
}

__all__ = [
    "Columns",
    "IngestReport",
    "PlaysLike",
    "ReadOptions",
    "TimeRules",
    "as_plays",
    "count_text_rows",
    "ingest",
    "prune",
    "read_own_table",
    "read_plays",
    "sum_mapped",
]

__getattr__ = names_on_demand(__name__, _HOMES)

__dir__ = public_names(__name__)
