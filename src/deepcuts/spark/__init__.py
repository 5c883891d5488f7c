"""The same model where users outgrow one machine: plays, training and lists on Apache Spark, by the same half-steps."""

from deepcuts.lazy import public_names
from deepcuts.spark.judging import evaluate, sample, split
from deepcuts.spark.lists import recommend, to_model
from deepcuts.spark.shelving import ShelfReport, ingest
from deepcuts.spark.training import fit

__all__ = ["ShelfReport", "evaluate", "fit", "ingest", "recommend", "sample", "split", "to_model"]

__dir__ = public_names(__name__)
