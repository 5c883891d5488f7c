"""A visit: the choices of one visitor, and the model solved for them.

This module holds the data. Functions that change it are in `own_artists` and `importing` (plays) and `item_choices`
(refused and kept items); `list_options` and `persona_options` change themselves. `view_models` and `map_marks` make
what the page shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from deepcuts.errors import SettingsError
from deepcuts.model import PersonaModel
from deepcuts.web.page.state.known_ids import unknown_ids
from deepcuts.web.page.state.list_options import ListOptions
from deepcuts.web.page.state.persona_options import PersonaOptions, carry_over
from deepcuts.web.page.state.visitor_model import VisitorModel


@dataclass(frozen=True)
class UnmatchedArtist:
    """An artist of an export that the catalogue does not have, and a few it has: (item id, name)."""

    artist: str
    suggestions: list[tuple[str, str]]


@dataclass(frozen=True)
class Blend:
    """Another person's music in that of the visitor.

    Parameters
    ----------
    mine, source
        The visitor's own plays, and where they came from.
    n_theirs
        Artists of the other person.
    match, closer
        How alike the two are, 0 to 1, and the share of pairs of listeners of the model who are less so.
    shared
        Names of the personas that are alike, the visitor's and the other's.
    common
        Names of artists that both play.
    """

    mine: dict[str, float]
    source: str
    n_theirs: int
    match: float
    closer: float
    shared: list[tuple[str, str]]
    common: list[str]


@dataclass(eq=False)
class Visit:
    """State of one visitor, in memory only.

    Parameters
    ----------
    get_model
        Returns the model that is served.
    plays
        Plays by item id, above 0.
    source
        Where the plays came from, in words; empty where they were added one by one.
    unmatched, n_unmatched
        Artists of exports that the catalogue does not have: the most played ones, and how many in all.
    refused, kept
        Names by item id, the latest last.
    is_stranger
        Whether a list is wanted without any plays: what the typical tastes of all listeners suggest.
    blend
        Whose music is in the plays besides the visitor's own; None where nobody's is.
    list_options
        Options of the list.
    persona_options
        Options of each persona of `visitor_model`.
    items_of_options
        Item indexes of the personas that the options are of, where these were solved elsewhere.
    """

    get_model: Callable[[], PersonaModel]
    plays: dict[str, float] = field(default_factory=dict)
    source: str = ""
    unmatched: list[UnmatchedArtist] = field(default_factory=list)
    n_unmatched: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    is_stranger: bool = False
    blend: Blend | None = None
    list_options: ListOptions = field(default_factory=ListOptions)
    persona_options: list[PersonaOptions] = field(default_factory=list)
    items_of_options: list[set[int]] = field(default_factory=list)
    _model: PersonaModel | None = None
    _visitor_model: VisitorModel | None = None

    @property
    def model(self) -> PersonaModel:
        """The model that is served; once it is another one, the items that it does not have are dropped."""
        model = self.get_model()
        if model is not self._model:
            for chosen in (self.plays, self.refused, self.kept):
                for item_id in unknown_ids(model.item_ids, chosen):  # a list, so that the dict may shrink meanwhile
                    del chosen[item_id]
            if self.blend is not None:
                unknown = set(unknown_ids(model.item_ids, self.blend.mine))
                mine = {item_id: plays for item_id, plays in self.blend.mine.items() if item_id not in unknown}
                self.blend = replace(self.blend, mine=mine)
            self._model = model
            self.forget_personas()
        return model

    @property
    def has_begun(self) -> bool:
        """Whether there is something to list: artists, or the wish for what everybody plays."""
        return bool(self.plays) or self.is_stranger

    @property
    def visitor_model(self) -> VisitorModel | None:
        """The model solved for the present plays and refusals, again after they change; None without plays."""
        model, previous = self.model, self._visitor_model
        if not self.plays:
            return None
        if previous is None or not previous.fits(self.plays, self.refused):
            solved = self._visitor_model = VisitorModel.solve(model, self.plays, self.refused, previous)
            items_before = self.items_of_options if previous is None else previous.persona_items
            self.persona_options = carry_over(self.persona_options, items_before, solved.persona_items)
        return self._visitor_model

    @property
    def solved(self) -> VisitorModel | None:
        """The model that was solved last; None where none was."""
        return self._visitor_model

    def options_of(self, persona: int) -> PersonaOptions:
        """Options of a persona, to be changed.

        Raises
        ------
        SettingsError
            If there is no such persona.
        """
        visitor = self.visitor_model
        if visitor is None or not 0 <= persona < visitor.n_personas:
            raise SettingsError(f"There is no persona {persona}.")
        return self.persona_options[persona]

    def forget_personas(self) -> None:
        """Drop the solved model and the options of its personas: the next one has nothing to carry over."""
        self._visitor_model, self.persona_options, self.items_of_options = None, [], []
