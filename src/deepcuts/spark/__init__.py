"""The same model where users outgrow one machine: plays, training and lists on Apache Spark, by the same half-steps."""

from typing import TYPE_CHECKING

from deepcuts.lazy import names_on_demand

if TYPE_CHECKING:
    from deepcuts.spark.lists import recommend, to_model
    from deepcuts.spark.shelving import ShelfReport, ingest
    from deepcuts.spark.training import fit

_HOMES = {
    "ShelfReport": "shelving",
    "fit": "training",
    "ingest": "shelving",
    "recommend": "lists",
    "to_model": "lists",
}

__all__ = [
    "ShelfReport",
    "fit",
    "ingest",
    "recommend",
    "to_model",
]

__getattr__ = names_on_demand(__name__, _HOMES)
