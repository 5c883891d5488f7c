"""Tags of items for judging lists: from a table, or those that travel with plays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pyarrow as pa

    from deepcuts.data.interactions import Interactions
    from deepcuts.evaluation import ItemFeatures

TagsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Table of tags of items, a row each: CSV, TSV or Parquet.",
        show_default="tags that PLAYS carry",
    ),
]
TagsColumns = Annotated[
    str,
    typer.Option(
        metavar="COLUMNS", help="Its columns of ids, of tags and, where it has them, of weights and of who gave them."
    ),
]
TAGS_COLUMNS = "item_id,tag,weight,tagger"


def read_labels(path: Path | None, columns: str) -> pa.Table | None:
    """Read tags as `deepcuts.evaluation.item_features` takes them; None without a file.

    Raises
    ------
    DataError, FileFormatError
        If there is no such file or column, or it cannot be read.
    """
    if path is None:
        return None
    from deepcuts.datasets.label_tables import read_tags

    tags = read_tags(path, columns.split(","))
    return tags.rename_columns(["label" if name == "tag" else name for name in tags.column_names])


def features_of(train: Interactions, labels: pa.Table | None) -> ItemFeatures | None:
    """Lay out tags beside the items of train: those of a table, else those that train carries."""
    from deepcuts.evaluation import item_features, tag_features

    if labels is not None:
        return item_features(labels, train.item_ids)
    return None if train.labels is None else tag_features(train.labels, train.item_ids)
