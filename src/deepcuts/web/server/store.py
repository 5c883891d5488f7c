"""The model that is served, and its replacement while it is served."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepcuts import storage
from deepcuts.array_types import IndexVector
from deepcuts.errors import FileFormatError
from deepcuts.model import PersonaModel, load
from deepcuts.web.problems import Problem, ProblemError
from deepcuts.web.server import logs
from deepcuts.web.server.own_copy import own_copy

if TYPE_CHECKING:
    from deepcuts.history import Matcher

logger = logging.getLogger(__name__)

Prepare = Callable[["LoadedModel"], None]
OnReload = Callable[[bool], None]
_Signature = tuple[int, int, int, int]

_VERSION_DIGITS = 12
_ATTEMPTS = 5
_MISSED_LOOKS = 3  # in succession, after which a file is missing, and not only about to be replaced
_WRITTEN_INTO = Problem(
    503,
    "The model file was written into while it was in use. Another try may help; rename files into its place.",
    "model-lost",
    headers={"Retry-After": "1"},
)


class HeldFile:
    """A file, held open for as long as this object lives, whatever becomes of its path."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._descriptor)

    @property
    def signature(self) -> _Signature:
        """Device, inode, time and size, which change when it is written into."""
        return _signature_of(os.fstat(self._descriptor))


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model with its version and its indexes. A request takes it once, so that its response is of one version.

    Parameters
    ----------
    model
        The model; the arrays of one above 64 MiB lie in a copy of the file, mapped into memory, which the workers of
        a service share.
    version
        First digits of the checksum of its file: the same content has the same version on every machine.
    mapped
        The file that its arrays lie in, where it could not be copied; None where nobody else can write there.
    """

    model: PersonaModel
    version: str
    mapped: HeldFile | None = None

    @cached_property
    def matcher(self) -> Matcher:
        """Finder of items by what visitors type; built when first used."""
        from deepcuts.history import Matcher

        labels, item_ids = self.model.seen.labels, self.model.item_ids
        return Matcher(item_ids, item_ids.values if labels is None else labels.names, self.model.item_listeners)

    def make_searchable(self) -> None:
        """Build the search index of the names of the items, which takes a while, before anyone searches."""
        self.matcher.search("no artist of this name", 1)  # so that typos are looked for too

    @cached_property
    def index_of_item(self) -> dict[str, int]:
        """Index of every item by its id; Arrow would hash the whole catalogue for every look-up."""
        return {item: index for index, item in enumerate(self.model.item_ids.values.to_pylist())}

    @cached_property
    def indexes_of_name(self) -> dict[str, tuple[int, ...]]:
        """Indexes of the items of each name, which is in small letters; they ascend."""
        labels = self.model.seen.labels
        found: dict[str, tuple[int, ...]] = {}
        for index, name in enumerate([] if labels is None else labels.folded_names.to_pylist()):
            found[name] = (*found.get(name, ()), index)
        return found

    def item_indexes(self, items: Iterable[str]) -> IndexVector:
        """Indexes of some items, by their ids, or else by their names, int64; -1 where there is no such item."""
        return np.fromiter(map(self.item_index, items), np.int64)

    def item_index(self, item: str) -> int:
        """Index of an item by its id, or else by its name, as `NamedItems` finds it; -1 where there is none.

        Nothing is logged of names that several items have: they are of visitors.
        """
        index = self.index_of_item.get(item)
        if index is not None:
            return index
        named = self.indexes_of_name.get(item.strip().casefold(), ())
        return self.model.named_items.meant(item, named) if named else -1

    def named_items(self, items: Iterable[str]) -> dict[str, str]:
        """Ids of those items that were found by their names."""
        by_name = {item: self.item_index(item) for item in items if item not in self.index_of_item}
        return {item: self.model.item_ids[index] for item, index in by_name.items() if index >= 0}


class ModelStore:
    """Holds the model of a file, and loads the file again when it is replaced.

    The new model is loaded beside the old one, which serves until then and is freed after its last request. A file
    that cannot be used is logged, and the old model keeps serving.

    Parameters
    ----------
    path
        The model file. Replace it by renaming another one over it, as every writer of deepcuts does. Where one is
        written into, truncated or deleted, the model that was loaded serves on. Only a large file that cannot be
        copied is mapped itself; once it is written into, its model is not touched any more, and requests get a problem
        of status 503 until the file has been loaded again.
    prepare
        Called with every model that replaces the first, before it is served, to warm it up.
    min_overlap
        Share of the items of a model that its replacement is expected to have; with fewer, a warning is logged.
    on_reload
        Called after every attempt to load a new file, with whether it is served now.

    Raises
    ------
    FileFormatError
        If the file cannot be used to begin with.
    """

    def __init__(
        self,
        path: storage.StrPath,
        prepare: Prepare = lambda loaded: None,
        on_reload: OnReload = lambda is_served: None,
        min_overlap: float = 0.0,
    ) -> None:
        storage.check_input(path)
        self.path = Path(path)
        self.prepare, self.on_reload, self.min_overlap = prepare, on_reload, min_overlap
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None
        self._signature, self._current = _load_stable(self.path)
        self._refused: _Signature | None = None
        self._changing: _Signature | None = None
        self._missed = 0

    @property
    def current(self) -> LoadedModel:
        """The model that is served, with its version.

        Raises
        ------
        ProblemError
            If its arrays lie in a file that was written into since: what they hold now is not known, and a page that
            was cut off would end the process.
        """
        if self._is_lost():
            raise ProblemError(_WRITTEN_INTO)
        return self._current

    @property
    def is_mapped(self) -> bool:
        """Whether the model lies in the file itself, which others may write into, and not in a copy or in memory."""
        return self._current.mapped is not None

    @property
    def model(self) -> PersonaModel:
        """The model that is served."""
        return self.current.model

    @property
    def version(self) -> str:
        """Version of the model that is served."""
        return self._current.version

    def refresh(self) -> bool:
        """Load the file again if it has been replaced; return whether another model is served now."""
        with self._lock:
            signature = _signature(self.path)
            self._tell_missing(signature is None)
            # A refused file is not tried again until it changes.
            if signature is None or signature in (self._signature, self._refused) or self._is_changing(signature):
                return False
            try:
                stable, loaded = _load_stable(self.path)
                self.prepare(loaded)
            except Exception as error:
                self._refused = signature
                served = "no model serves" if self._is_lost() else f"version {self.version} keeps serving"
                logger.exception("the new model cannot be used; %s: %s", served, error)
                self.on_reload(False)
                return False
            before, overlap = self.version, self._overlap(loaded)
            # One assignment of one reference: a request sees the old model or the new one, and needs no lock.
            self._signature, self._current = stable, loaded
            self._tell_replaced(before, overlap)
            self.on_reload(True)
            return True

    def _overlap(self, new: LoadedModel) -> float | None:
        """Share of the items of the present model that a new one has; None where the present one is lost."""
        if self._is_lost():
            return None
        return float(np.mean(new.item_indexes(self._current.index_of_item) >= 0))

    def _tell_replaced(self, before: str, overlap: float | None) -> None:
        fields: dict[str, object] = {"version": self.version, "before": before}
        if overlap is not None:
            fields["overlap"] = round(overlap, 4)
            if overlap < self.min_overlap:
                told = "model replaced by one that has few of its items: is it of the same catalogue?"
                logger.warning(told, extra={logs.FIELDS: fields})
        logger.info("model replaced: version %s, was %s", self.version, before, extra={logs.FIELDS: fields})

    def _tell_missing(self, is_missing: bool) -> None:
        """Warn, once, of a file that is gone, as nothing could be served after another start."""
        self._missed = self._missed + 1 if is_missing else 0
        if self._missed == _MISSED_LOOKS:
            logger.warning(
                "there is no file %s any more; version %s keeps serving until the end", self.path, self.version
            )

    def _is_lost(self) -> bool:
        """Whether the file that the model lies in was written into since, whatever path it has now."""
        mapped = self._current.mapped
        return mapped is not None and mapped.signature != self._signature

    def _is_changing(self, signature: _Signature) -> bool:
        """Whether the file is being written into: it is only loaded again once it was the same at two looks."""
        same_file = self._signature is not None and signature[:2] == self._signature[:2]
        if not (same_file and self._is_lost()) or signature == self._changing:
            return False
        self._changing = signature
        return True

    def watch(self, seconds: float) -> None:
        """Check every so many seconds, in a thread of its own, whether the file has been replaced, until `close`."""
        if self._watcher is None:
            self._closed.clear()
            self._watcher = threading.Thread(target=self._watch, args=(seconds,), name="model-watcher", daemon=True)
            self._watcher.start()

    def close(self) -> None:
        """Stop checking."""
        self._closed.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None

    def _watch(self, seconds: float) -> None:
        while not self._closed.wait(seconds):
            self.refresh()


def _load_stable(path: Path) -> tuple[_Signature | None, LoadedModel]:
    """Load a file that is not replaced meanwhile, so that model, version and signature belong to the same content."""
    for _ in range(_ATTEMPTS):
        before = _signature(path)
        storage.check_input(path)
        with own_copy(path) as source:
            mapped = HeldFile(source) if before is not None and storage.is_mapped(source) and source == path else None
            loaded = LoadedModel(load(source), storage.describe(source).checksum[:_VERSION_DIGITS], mapped)
        if _signature(path) == before:
            return before, loaded
    raise FileFormatError(
        f"{path} changes faster than it can be read. Write it elsewhere and rename it once it is complete."
    )


def _signature(path: Path) -> _Signature | None:
    """Device, inode, time and size of a file, which change when it is replaced; None while there is no file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return _signature_of(status)


def _signature_of(status: os.stat_result) -> _Signature:
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size
