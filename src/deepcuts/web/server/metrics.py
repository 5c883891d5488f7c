"""Metrics of the service, for Prometheus."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from deepcuts.errors import MissingExtraError
from deepcuts.storage import is_running

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where the workers of one service add up their counts
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """Counters and gauges of one process; several workers write to one folder, and each returns the sums."""

    def __init__(self) -> None:
        try:
            from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
        except ImportError:
            raise MissingExtraError.of("prometheus-client", "app") from None
        registry = self.registry = CollectorRegistry()
        self.requests = Counter(
            "deepcuts_requests", "Requests answered.", ["route", "method", "status"], registry=registry
        )
        self.seconds = Histogram(
            "deepcuts_request_seconds", "Time to answer a request.", ["route"], buckets=_SECONDS, registry=registry
        )
        self.under_way = Gauge(
            "deepcuts_requests_under_way",
            "Requests being answered.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.reloads = Counter(
            "deepcuts_model_reloads", "Model files that replaced the one served.", ["outcome"], registry=registry
        )
        self.loaded_at = Gauge(
            "deepcuts_model_loaded_timestamp_seconds",
            "When the model that is served was loaded, in seconds since 1970.",
            multiprocess_mode="mostrecent",
            registry=registry,
        )
        self._model_info = Gauge(
            "deepcuts_model_info",
            "Models that are served, by name and version: 1 for those of now.",
            ["name", "version"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self._versions: dict[str, str] = {}
        for outcome in ("served", "refused"):
            self.reloads.labels(outcome)
        _add_process(registry)

    def note_model(self, name: str, version: str) -> None:
        """Note that a model is served, in place of the one of this name before it."""
        self.loaded_at.set_to_current_time()
        before = self._versions.get(name)
        if before is not None and before != version:
            self._model_info.labels(name, before).set(0)
        self._versions[name] = version
        self._model_info.labels(name, version).set(1)

    def text(self) -> bytes:
        """Return all of it as Prometheus reads it."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        if SHARED_FOLDER not in os.environ:
            return generate_latest(self.registry)
        _forget_dead_workers(os.environ[SHARED_FOLDER])
        of_all = CollectorRegistry()
        MultiProcessCollector(of_all)  # type: ignore[no-untyped-call]
        return generate_latest(of_all)


def _add_process(registry: CollectorRegistry) -> None:
    """Add memory, processor time and open files of this process; left out where there are several workers."""
    from prometheus_client import ProcessCollector

    if SHARED_FOLDER not in os.environ:
        ProcessCollector(registry=registry)


def _forget_dead_workers(folder: str) -> None:
    """Take requests that a killed worker had under way out of the sums."""
    from prometheus_client.multiprocess import mark_process_dead

    for file in Path(folder).glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not is_running(pid):
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
