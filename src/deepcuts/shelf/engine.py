"""What is asked of an engine that runs the tasks: one verb, which Spark has, and a loop, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

Result = TypeVar("Result")


class Engine(Protocol):
    """Machines that reach the shelf, however they are told what to do."""

    def each(self, n: int, task: Callable[[int], Result]) -> list[Result]:
        """Return what a task returns for each number from 0 to n − 1, which is to be small, in order.

        The task is pickled, and may run more than once for a number, wherever and whenever: what it leaves on the shelf
        is then written again with the same bytes. BLAS has one thread there and on the driver, as bits hang on it.
        """


class ByFields:
    """A dataclass that tasks take along as its fields alone: what it keeps besides can be computed from these."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in self.__dataclass_fields__)  # type: ignore[attr-defined]
