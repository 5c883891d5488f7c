"""The same model where users outgrow one machine: plays, training and lists on Apache Spark, by the same half-steps."""

from typing import TYPE_CHECKING

from deepcuts.lazy import names_on_demand

if TYPE_CHECKING:
    from deepcuts.spark.judging import evaluate, sample, split
    from deepcuts.spark.lists import recommend, to_model
    from deepcuts.spark.shelving import ShelfReport, ingest
    from deepcuts.spark.training import fit

_HOMES = {
    "ShelfReport": "shelving",
    "evaluate": "judging",
    "fit": "training",
    "ingest": "shelving",
    "recommend": "lists",
    "sample": "judging",
    "split": "judging",
    "to_model": "lists",
}

__all__ = [
    "ShelfReport",
    "evaluate",
    "fit",
    "ingest",
    "recommend",
    "sample",
    "split",
    "to_model",
]

__getattr__ = names_on_demand(__name__, _HOMES)
