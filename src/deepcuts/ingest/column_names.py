"""Names of the columns of a file of plays, found as `read_plays` finds them."""

from __future__ import annotations

from tempfile import TemporaryDirectory

from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.dialect import find_dialect
from deepcuts.ingest.tabular.files import find_files, take_sample
from deepcuts.ingest.tabular.json_files import names_of_json
from deepcuts.ingest.tabular.options import ReadOptions
from deepcuts.ingest.tabular.parquet_files import names_of_parquet
from deepcuts.ingest.tabular.tar_files import unpacked
from deepcuts.storage import StrPath


def column_names(path: StrPath, wanted: Columns) -> tuple[str, ...]:
    """Return the names of the columns of a file, of several the first; none where they have no names.

    Parameters
    ----------
    path
        As `read_plays` takes it.
    wanted
        Columns by which lines above the names are told from these.

    Raises
    ------
    DataError, FileFormatError
        If there is no such file, it has no rows, or it is damaged.
    """
    with TemporaryDirectory() as folder:
        sample = take_sample(next(unpacked(find_files([path])[0], folder)))
        if sample.kind == "parquet":
            return names_of_parquet(sample.path)
        if sample.kind == "json":
            return names_of_json(sample)
        return find_dialect(sample, wanted, ReadOptions()).names or ()
