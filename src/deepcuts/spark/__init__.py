"""The same model where users outgrow one machine: plays, training and lists on Apache Spark, by the same half-steps."""

from deepcuts.lazy import public_names
from deepcuts.shelf import judging, lists, training
from deepcuts.spark.ingest import ShelfReport, ingest
from deepcuts.spark.session import on_spark

__all__ = ["ShelfReport", "evaluate", "fit", "ingest", "recommend", "sample", "split", "to_model"]

fit = on_spark(training.fit)
recommend = on_spark(lists.recommend)
to_model = on_spark(lists.to_model)
split = on_spark(judging.split)
sample = on_spark(judging.sample)
evaluate = on_spark(judging.evaluate)

__dir__ = public_names(__name__)
