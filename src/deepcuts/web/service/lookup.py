"""Ids of a request, looked up among those of the model.

The messages of `Ids` propose ids that are spelt alike. Here they must not: that would reveal other users to strangers,
and take seconds of a processor for each misspelt id.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping

import numpy as np

from deepcuts.data.ids import Ids
from deepcuts.web.problems import Problem, ProblemError
from deepcuts.web.server.store import LoadedModel
from deepcuts.wording import counted

_MOST_ERRORS = 20


def check_known(ids: Ids, identifier: str) -> None:
    """Refuse an id that the model does not have, in time that grows with the logarithm of their number.

    Raises
    ------
    ProblemError
        404, if there is no such id.
    """
    # Ids ascend by bytes of UTF-8, which is the order of code points, and so that of Python's strings.
    index = bisect_left(range(len(ids)), identifier, key=lambda i: ids.values[i].as_py())
    if index == len(ids) or ids.values[index].as_py() != identifier:
        advice = "/items?q= finds items by name." if ids.kind == "item" else "POST /fold-in takes the plays of anyone."
        raise ProblemError(Problem(404, f"The model has no such {ids.kind}. {advice}", f"unknown-{ids.kind}"))


def known_item(loaded: LoadedModel, item: str) -> str:
    """Id of the item of an id or a name.

    Raises
    ------
    ProblemError
        404, if there is none.
    """
    index = loaded.item_index(item)
    if index < 0:
        check_known(loaded.model.item_ids, item)
    return loaded.model.item_ids[index]


def check_filter(loaded: LoadedModel, name: str, wanted: Collection[str]) -> None:
    """Refuse a filter that names items outside the catalogue.

    Raises
    ------
    ProblemError
        404, with the first of them.
    """
    unknown = np.flatnonzero(loaded.item_indexes(wanted) < 0)
    if len(unknown):
        errors = [{"where": f"{name}[{index}]", "message": "not in the catalogue"} for index in unknown[:_MOST_ERRORS]]
        detail = (
            f"Of {counted(len(wanted), 'item')} in {name!r}, {counted(len(unknown), 'is', 'are')} not in the catalogue."
        )
        raise ProblemError(Problem(404, detail, "unknown-item", errors))


def check_persona(persona: int | None, n_personas: int) -> None:
    """Refuse the number of a persona that a user does not have; None stands for no number.

    Raises
    ------
    ProblemError
        404, if there is no such persona.
    """
    if persona is not None and persona >= n_personas:
        detail = f"There is no persona {persona}: this user has {_counted(n_personas)}."
        raise ProblemError(Problem(404, detail, "unknown-persona"))


def check_personas(by_setting: Mapping[str, Collection[int]], n_personas: int) -> None:
    """Refuse settings for personas that a user does not have.

    Parameters
    ----------
    by_setting
        Numbers of personas by the name of the setting.
    n_personas
        How many the user has, numbered from 0.

    Raises
    ------
    ProblemError
        422, with every number that is too large.
    """
    errors = [
        {"where": f"body.{name}", "message": f"there is no persona {number}"}
        for name, numbers in by_setting.items()
        for number in sorted(numbers)
        if number >= n_personas
    ]
    if errors:
        detail = f"This user has {_counted(n_personas)}; 'errors' tells which others were asked for."
        raise ProblemError(Problem(422, detail, "setting", errors[:_MOST_ERRORS]))


def _counted(n_personas: int) -> str:
    return "one persona, number 0" if n_personas == 1 else f"{counted(n_personas, 'persona')}, numbered from 0"
