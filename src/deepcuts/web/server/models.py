"""The models that a service has: the main one, others by their names, and a share of the traffic for one of these."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from deepcuts.errors import SettingsError
from deepcuts.web.problems import Problem, ProblemError
from deepcuts.web.server.store import ModelStore

MAIN = "main"  # name of the model that plain paths are answered by


class Models:
    """Models by name.

    Parameters
    ----------
    main
        The one that answers plain paths.
    others
        Further ones by name.
    second
        Name of the one that answers a part of the plain requests that are about somebody; empty for none.
    share
        Share of the people that it answers, from 0 to 1.

    Raises
    ------
    SettingsError
        If a name is that of the main model, or `second` is none of the others.
    """

    def __init__(
        self, main: ModelStore, others: Mapping[str, ModelStore] | None = None, second: str = "", share: float = 0.0
    ) -> None:
        others = dict(others or {})
        if MAIN in others:
            raise SettingsError(f"A model cannot be called {MAIN!r}: that is the first one. Give another name.")
        if second and second not in others:
            raise SettingsError(f"There is no model {second!r} to give a share to. Name it with --model {second}=FILE.")
        self._stores, self._second, self._share = {MAIN: main, **others}, second, share

    def __iter__(self) -> Iterator[tuple[str, ModelStore]]:
        return iter(self._stores.items())

    def share(self, name: str) -> float:
        """Share of the people that a model answers when plain paths are asked."""
        given = self._share if self._second else 0.0
        return {MAIN: 1 - given, self._second: given}.get(name, 0.0)

    def store(self, name: str) -> ModelStore:
        """Return a model by its name.

        Raises
        ------
        ProblemError
            404, if there is none.
        """
        if name not in self._stores:
            raise ProblemError(
                Problem(404, "There is no such model. GET /v1/models lists those there are.", "unknown-model")
            )
        return self._stores[name]

    def name_for(self, somebody: str) -> str:
        """Name of the model that answers a plain request about somebody; always the same one for the same person."""
        if not self._second or not somebody:
            return MAIN
        digest = hashlib.sha256(f"{self._second}\n{somebody}".encode(errors="replace")).digest()
        return self._second if int.from_bytes(digest[:8], "big") < self._share * 2.0**64 else MAIN
