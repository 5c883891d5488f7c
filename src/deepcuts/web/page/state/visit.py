"""A visit: what somebody has chosen, and what the model makes of it. It knows nothing of the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from deepcuts.data.ids import Ids
from deepcuts.errors import DataError, SettingsError, UnknownIdError
from deepcuts.model import PersonaModel
from deepcuts.model.state import VISITOR
from deepcuts.web.page.state.importing import Imported, Unmatched
from deepcuts.web.page.state.persona_options import Wish, carry_over
from deepcuts.web.page.state.view_models import Card, Listed, Row
from deepcuts.web.page.state.visitor_model import Folded

MOST_ARTISTS = 10_000
MOST_DENIED = 1_000
MOST_KEPT = 1_000
MOST_PLAYS = 1e9  # of one artist; what float32 still tells apart
MOST_NAME = 60  # characters of a persona's name
MOST_UNMATCHED = 60  # artists of exports that were not found, shown
LENGTHS = (10, 20, 30, 50)
AMOUNTS = {"a little": 3.0, "often": 20.0, "a lot": 100.0}  # plays that words stand for
_N_SHOWN = 6  # artists of a persona on its card


class Visit:
    """State of one visitor, in memory only.

    Parameters
    ----------
    get_model
        Returns the model of now; when it is another than before, plays are folded in again.
    """

    def __init__(self, get_model: Callable[[], PersonaModel]) -> None:
        self._get_model = get_model
        self._model = get_model()
        self._folded: Folded | None = None
        self._before: Folded | None = None
        self.plays: dict[str, float] = {}
        self.source = ""  # where the plays came from, in words
        self.unmatched: list[Unmatched] = []
        self.n_unmatched = 0
        self.denied: dict[str, str] = {}  # names by id, the latest last
        self.kept: dict[str, str] = {}
        self.wishes: list[Wish] = []
        self.turn = 0.0
        self.mix = "share"
        self.k = 20

    @property
    def model(self) -> PersonaModel:
        """The model of now; artists that it does not have are forgotten."""
        model = self._get_model()
        if model is not self._model:
            self._model = model
            known = set(self.plays) - set(_unknown(model, self.plays))
            self.plays = {item: plays for item, plays in self.plays.items() if item in known}
            for chosen in (self.denied, self.kept):
                for item in _unknown(model, chosen):
                    del chosen[item]
            self._folded, self._before, self.wishes = None, None, []
        return model

    @property
    def folded(self) -> Folded | None:
        """The plays folded in; None where there are none."""
        model = self.model
        if self._folded is None and self.plays:
            before = self._before
            self._folded = self._before = Folded.of(model, self.plays, self.denied, before)
            self.wishes = carry_over(self.wishes, before.groups if before else [], self._folded.groups)
        return self._folded

    # Who am I

    def name_of(self, item_id: str) -> str:
        """Name of an artist.

        Raises
        ------
        UnknownIdError
            If the catalogue has no such artist.
        """
        model = self.model
        name: str = model.item_names(np.array([_index(model.item_ids, item_id)]))[0].as_py()
        return name

    def add(self, item_id: str, plays: float = AMOUNTS["often"]) -> None:
        """Add an artist, or count them anew.

        Raises
        ------
        UnknownIdError
            If the catalogue has no such artist.
        DataError
            If there are too many, or the plays are not a number above 0.
        """
        self.name_of(item_id)
        if not (math.isfinite(plays) and plays > 0):
            raise DataError(f"Plays are {plays!r}. Give a number above 0.")
        if item_id not in self.plays and len(self.plays) >= MOST_ARTISTS:
            raise DataError(f"These are {MOST_ARTISTS:,} artists already. Remove one before you add another.")
        self.plays[item_id] = min(float(plays), MOST_PLAYS)
        self.unmatched = [lost for lost in self.unmatched if item_id not in dict(lost.suggestions)]
        self.denied.pop(item_id, None)
        self._folded = None

    def remove(self, item_id: str) -> None:
        """Take an artist away again; the last one takes all wishes along."""
        self.plays.pop(item_id, None)
        if not self.plays:
            self.clear()
        self._folded = None

    def become(self, plays: Mapping[str, float], source: str) -> None:
        """Take a whole history in place of the artists so far; ids that the catalogue does not have are left out."""
        known = set(plays) - set(_unknown(self.model, plays))
        most = sorted(known, key=lambda item: (-plays[item], item))[:MOST_ARTISTS]
        if not most:
            raise DataError("None of these artists is in the catalogue of this model.")
        self.clear()
        self.plays, self.source = {item: min(float(plays[item]), MOST_PLAYS) for item in most}, source

    def become_user(self, user_id: str) -> None:
        """Take the plays of a user of the model.

        Raises
        ------
        UnknownIdError
            If there is no such user.
        """
        model = self.model
        items, plays = model.seen.user_items(_index(model.user_ids, user_id))
        ids = model.item_ids.take(items).to_pylist()
        self.become(dict(zip(ids, plays.tolist(), strict=True)), f"listener {user_id}")

    def take(self, imported: Imported, *, more: bool) -> None:
        """Take the plays of an export in place of the artists so far, or add them where it is one `more` file of it."""
        plays, unmatched, n_unmatched = dict(imported.plays), list(imported.unmatched), imported.n_unmatched
        if more:
            for item, known in self.plays.items():
                plays[item] = plays.get(item, 0.0) + known
            unmatched, n_unmatched = [*self.unmatched, *unmatched], self.n_unmatched + n_unmatched
        if plays:
            self.become(plays, imported.source)
        elif not more:
            self.clear()
        self.source, self.unmatched, self.n_unmatched = imported.source, unmatched[:MOST_UNMATCHED], n_unmatched

    def clear(self) -> None:
        """Forget the plays, and what was wished of their personas; what is kept stays."""
        self.plays, self.denied, self.wishes, self.source = {}, {}, [], ""
        self.unmatched, self.n_unmatched = [], 0
        self._folded = self._before = None

    @property
    def scale(self) -> float:
        """How much more plays the visitor's words stand for than `AMOUNTS`: where a history was read, its own."""
        return max(self.plays.values()) / AMOUNTS["a lot"] if self.source and self.plays else 1.0

    def artists(self) -> list[tuple[str, str, float]]:
        """The visitor's artists, the most played first, of equal ones the first to come: id, name, plays."""
        model = self.model
        ids = sorted(self.plays, key=lambda item: -self.plays[item])
        names = model.item_names(model.item_ids.indexes_of(ids)).to_pylist() if ids else []
        return [(item, name, self.plays[item]) for item, name in zip(ids, names, strict=True)]

    # My personas

    def cards(self) -> list[Card]:
        """The personas, the largest first."""
        folded = self.folded
        if folded is None:
            return []
        table = folded.model.personas(VISITOR, n_items=MOST_ARTISTS)
        numbers, names = table["persona"].to_numpy(), table["name"].to_pylist()
        cards = []
        for number, (name, share) in enumerate(zip(folded.names, folded.model.persona_shares, strict=True)):
            own = [names[place] for place in np.flatnonzero(numbers == number)]
            wish = self.wishes[number]
            cards.append(Card(number, wish.name or name, float(share), own[:_N_SHOWN], len(own), wish))
        return cards

    def wish(self, persona: int) -> Wish:
        """Wishes for a persona, to be changed.

        Raises
        ------
        SettingsError
            If there is no such persona.
        """
        folded = self.folded
        if folded is None or not 0 <= persona < folded.n_personas:
            raise SettingsError(f"There is no persona {persona}.")
        return self.wishes[persona]

    def rename(self, persona: int, name: str) -> None:
        """Name a persona; an empty name gives it back the one it was found with."""
        self.wish(persona).name = " ".join(name.split())[:MOST_NAME]

    # The list

    def set_turn(self, turn: float, persona: int | None = None) -> None:
        """Turn the main dial, or that of one persona: −1 familiar, 0 neutral, 1 deep cuts."""
        if not math.isfinite(turn):
            raise SettingsError(f"The dial is turned to {turn!r}. Give a number from -1 to 1.")
        turn = max(-1.0, min(1.0, turn))
        if persona is None:
            self.turn = turn
        else:
            self.wish(persona).turn = turn

    def set_mix(self, mix: str) -> None:
        """Take from personas by their shares, or rank by their best score."""
        if mix not in ("share", "max"):
            raise SettingsError(f"mix is {mix!r}. Give 'share' or 'max'.")
        self.mix = mix

    def set_length(self, k: int) -> None:
        """Set the number of results."""
        if k not in LENGTHS:
            raise SettingsError(f"k is {k!r}. Give one of {', '.join(map(str, LENGTHS))}.")
        self.k = k

    def deny(self, item_id: str) -> None:
        """Never list an artist, and count it against what is like it."""
        name = self.name_of(item_id)
        if len(self.denied) >= MOST_DENIED:
            raise DataError(f"These are {MOST_DENIED:,} refused artists already. Allow one again first.")
        self.denied[item_id] = name
        self.kept.pop(item_id, None)
        self._folded = None

    def more_like(self, item_id: str) -> None:
        """Count an artist of the list among the visitor's own, as one often played."""
        self.add(item_id, AMOUNTS["often"] * self.scale)

    def allow(self, item_id: str) -> None:
        """Take a refusal back."""
        if self.denied.pop(item_id, None) is not None:
            self._folded = None

    def keep(self, item_id: str) -> None:
        """Put an artist on the keep list, or take it off."""
        if self.kept.pop(item_id, None) is None:
            if len(self.kept) >= MOST_KEPT:
                raise DataError(f"The keep list holds {MOST_KEPT:,} artists already. Take one off first.")
            self.kept[item_id] = self.name_of(item_id)

    def listed(self) -> Listed:
        """The list of now."""
        folded = self.folded
        table = self._recommended(folded) if folded is not None else None
        if folded is None or table is None or not table.num_rows:
            return Listed([], 0.0, 0.0)
        ids, indexes = table["item_id"].to_pylist(), folded.model.item_ids.indexes_of(table["item_id"])
        names, personas = folded.model.item_names(indexes).to_pylist(), table["persona"].to_pylist()
        listeners = folded.model.item_listeners[indexes]
        rows = [
            Row(
                rank + 1,
                item,
                names[rank],
                personas[rank],
                int(listeners[rank]),
                item in self.kept,
                folded.reasons(item),
            )
            for rank, item in enumerate(ids)
        ]
        return Listed(rows, float(listeners.mean()), float(folded.novelties[indexes].mean()))

    def _recommended(self, folded: Folded) -> pa.Table | None:
        """Ask the model; None where every persona is muted."""
        pinned = [number for number, wish in enumerate(self.wishes) if wish.pinned and not wish.muted]
        heard = [number for number, wish in enumerate(self.wishes) if not wish.muted]
        if not heard:
            return None
        turns = [self.turn if wish.turn is None else wish.turn for wish in self.wishes]
        rarity = {number: folded.dial.rarity(turn) for number, turn in enumerate(turns) if turn}
        return folded.model.recommend(
            VISITOR,
            k=self.k,
            rarity=rarity,
            mix=self.mix,
            deny=list(self.denied),
            pick=pinned or None,
            weights={number: wish.weight for number, wish in enumerate(self.wishes)},
        )


def _index(ids: Ids, identifier: str) -> int:
    """Index of an id; for an unknown one none like it is looked for, which strangers could keep us busy with."""
    index = int(ids.indexes_of([identifier])[0])
    if index < 0:
        raise UnknownIdError(f"This model has no {ids.kind} with the id {identifier[:MOST_NAME]!r}.")
    return index


def _unknown(model: PersonaModel, ids: Mapping[str, object]) -> list[str]:
    """Ids that the catalogue does not have."""
    listed = list(ids)
    places = model.item_ids.indexes_of(listed) if listed else np.empty(0, np.int64)
    return [item for item, place in zip(listed, places, strict=True) if place < 0]
