"""What is computed once of an object that never changes, and kept as long as the object lives."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class WeakCache(Generic[Value]):
    """Values by object; objects are held weakly and told apart by identity, as arrays cannot be keys."""

    def __init__(self) -> None:
        # By id(), which is given again once an object is gone, so the object itself is compared.
        self._known: dict[int, tuple[weakref.ref[object], Value]] = {}

    def get(self, owner: object, make: Callable[[], Value]) -> Value:
        """Return the value of an object, made when it is first asked for."""
        key = id(owner)
        known = self._known.get(key)
        if known is not None and known[0]() is owner:
            return known[1]
        value = make()
        self._known[key] = weakref.ref(owner, lambda _: self._known.pop(key, None)), value
        return value
