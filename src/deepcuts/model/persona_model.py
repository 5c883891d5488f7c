"""The trained model: what can be asked of the data in `PersonaState`, each by a function of another module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from typing import Any, Unpack

import pyarrow as pa

from deepcuts.data.any_id import AnyId
from deepcuts.data.whole_ids import IdsAs
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.model.diagnostics import Diagnostics, diagnose
from deepcuts.model.extend import extend
from deepcuts.model.files import read_state, save_model
from deepcuts.model.forget import forget
from deepcuts.model.given_plays import GivenPlays, take_plays
from deepcuts.model.inner_products import InnerProducts, inner_products
from deepcuts.model.item_map import draw_map
from deepcuts.model.namer import Namer
from deepcuts.model.naming import describe_factors, name_factors, name_personas
from deepcuts.model.overview import overview
from deepcuts.model.state import VISITOR, PersonaState
from deepcuts.model.stranger import LEAST_LISTENERS, popular_items, popular_settings, stranger_of
from deepcuts.model.tables import tabulate_explanation, tabulate_neighbours, tabulate_personas
from deepcuts.model.training.epochs import to_arrow
from deepcuts.model.training.fold_in import as_one_persona
from deepcuts.model.training.weights import user_rows
from deepcuts.model.visitors import fold_in
from deepcuts.recommendation import ListOptions, ListSettings, recommend_batches
from deepcuts.recommendation.columns import check_columns, dressed
from deepcuts.storage import StrPath
from deepcuts.wording import counted

# The room of plots stands on this one: it is entered by name, when a plot is asked for.
_PLOTS = "deepcuts.report.notebook"


@dataclass(frozen=True, eq=False)
class PersonaModel(PersonaState):
    """Personas of users and factors of items. `PersonaNMF.fit` makes one; so does `fold_in`, for other users.

    The parameters are those of `PersonaState`. Nothing is ever changed: `fold_in` and `extend` return other models.
    """

    # Lists

    def recommend(
        self,
        users: AnyId | Iterable[AnyId] | None = None,
        k: int = 20,
        *,
        names: bool = False,
        ids: IdsAs = "text",
        **settings: Unpack[ListOptions],
    ) -> pa.Table:
        """Ranked lists as one Arrow table: user_id, item_id, rank (1 = best), score, persona.

        A warning says how many lists are guesses, of users who share no item with anybody.

        Parameters
        ----------
        users
            One user id, several, or None for all users of this model.
        k
            Length of the lists, at least 1; a list is shorter where fewer items qualify.
        names
            Whether a column ``name`` stands after item_id.
        ids
            "int" gives user_id and item_id as int64, to be merged with a frame that has them so.
        settings
            Those of `ListSettings`, which documents them.

        Raises
        ------
        UnknownIdError
            If the user is unknown, or all of them are; of several, unknown ones are left out, with a warning.
        SettingsError
            If a setting is unknown or out of its range.
        DataError
            If ids are asked for as whole numbers, and one is none.
        """
        return pa.concat_tables(self.recommend_batches(users, k, names=names, ids=ids, **settings))

    def recommend_batches(
        self,
        users: AnyId | Iterable[AnyId] | None = None,
        k: int = 20,
        *,
        names: bool = False,
        ids: IdsAs = "text",
        **settings: Unpack[ListOptions],
    ) -> Iterator[pa.Table]:
        """Yield the tables of `recommend` in parts; memory does not grow with the number of users."""
        check_columns(names, ids)
        parts = recommend_batches(self, users, ListSettings(k=k, **settings))
        return (self._dressed(part, names=names, ids=ids) for part in parts)

    def popular(
        self, k: int = 20, *, least_listeners: int = LEAST_LISTENERS, **settings: Unpack[ListOptions]
    ) -> pa.Table:
        """List items to somebody without a history, under the same dial: item_id, rank, score, listeners.

        Typical tastes of the users of this model speak, each for its share, as personas do for a user; see
        `deepcuts.model.stranger.stranger_of`. At rarity −1 they are what everybody plays.

        Parameters
        ----------
        k
            Length of the list, at least 1.
        least_listeners
            Items of fewer listeners are left out, at least 0.
        settings
            Those of `ListSettings`; personas are the typical tastes, the most widespread first.

        Raises
        ------
        SettingsError
            If a setting is out of its range.
        """
        return popular_items(self.stranger, popular_settings(k, **settings), least_listeners)

    @cached_property
    def stranger(self) -> PersonaModel:
        """A model of one user, "stranger", without plays, whose personas are typical tastes of all users."""
        return stranger_of(self)

    def to_mips(self, **settings: Unpack[ListOptions]) -> InnerProducts:
        """Vectors of items and personas for an index of inner products, with the dial folded in.

        The inner product of a persona and an item is the score that lists of these settings rank the item by, up to
        rounding, where the model's own score of the pair is not below 0. So the best items of a persona are those of
        its list, beside the other personas: a persona that is picked alone does not lean by itself. An index knows
        neither what was played nor how personas are mixed; items that lists leave out because they score exactly 0 are
        in it.

        Parameters
        ----------
        settings
            Those of `ListSettings` that change scores: rarity or strength, dial, frequency, mix, base_lean, weights.

        Raises
        ------
        SettingsError
            If a setting is out of its range or changes lists alone, such as `allow`, or personas have different
            rarities and the form of the dial multiplies.
        """
        return inner_products(self, ListSettings(**settings))

    # Users and items in words

    def personas(self, user: AnyId, n_items: int = 10, *, ids: IdsAs = "text") -> pa.Table:
        """Personas of a user and the items that made them: persona, persona_name, share, rank, item_id, name, plays.

        Parameters
        ----------
        user
            A user id.
        n_items
            The most items of each persona, at least 1, the most played first.
        ids
            As for `recommend`.

        Raises
        ------
        UnknownIdError
            If there is no such user.
        SettingsError
            If an argument is out of its range.
        """
        check_columns(names=False, ids=ids)
        table = tabulate_personas(self, self.user_ids.index_of(user), self.persona_names(user), n_items)
        return self._dressed(table, names=False, ids=ids)

    def explain(
        self,
        user: AnyId,
        item: AnyId,
        k: int = 10,
        *,
        persona: int | None = None,
        names: bool = False,
        ids: IdsAs = "text",
        **settings: Unpack[ListOptions],
    ) -> pa.Table:
        """The user's own items that speak for an item: item_id, plays, persona, contribution, share, rank.

        The contributions of all of the user's items sum up to the score that the persona gives the item before the
        dial; `share` is the contribution over the score. See `deepcuts.model.explain.explain_score` for the equation.

        Parameters
        ----------
        user, item
            Id of the user; id or name of the item.
        k
            The most rows, at least 1, the largest contribution first.
        persona
            Number of the persona to explain, as a row of a list names it; None takes the one that scores the item
            highest.
        names, ids
            As for `recommend`.
        settings
            Those of the list: personas of a list that is turned towards rare items lean on the base vector, by
            `base_lean` of `ListSettings`, and so does the score.

        Raises
        ------
        UnknownIdError
            If there is no such user or item, or the user has no such persona.
        SettingsError
            If another argument or a setting is out of its range.
        """
        user_index, item_index = self.user_ids.index_of(user), self.named_items.index_of(item)
        check_columns(names, ids)
        table = tabulate_explanation(self, user_index, item_index, k, persona, ListSettings(**settings))
        return self._dressed(table, names=names, ids=ids)

    def similar_items(self, item: AnyId, k: int = 20, *, names: bool = False, ids: IdsAs = "text") -> pa.Table:
        """The items most like one: item_id, rank, similarity, the cosine of their factors.

        Parameters
        ----------
        item
            Its id, or else its name.
        k
            The most rows, at least 1, the most similar first.
        names, ids
            As for `recommend`.

        Raises
        ------
        UnknownIdError
            If there is no such item.
        SettingsError
            If an argument is out of its range.
        """
        check_columns(names, ids)
        table = tabulate_neighbours(self, self.named_items.index_of(item), k)
        return self._dressed(table, names=names, ids=ids)

    def _dressed(self, table: pa.Table, *, names: bool, ids: IdsAs) -> pa.Table:
        if not names and ids == "text":
            return table
        own = {VISITOR} == set(self.user_ids[:2])  # the id that `fold_in` gave, which no frame of a caller has
        whole = [column for column in ("user_id", "item_id") if column in table.column_names]
        return dressed(table, self.seen, names=names, ids=ids, whole=whole[1:] if own and len(whole) > 1 else whole)

    def factors(self, n_items: int = 10) -> pa.Table:
        """Items that stand for the factors: factor, factor_name, share (of all scores), rank, item_id, name, loading.

        Parameters
        ----------
        n_items
            The most items of each factor, at least 1, the strongest first.

        Raises
        ------
        SettingsError
            If that is out of its range.
        """
        return describe_factors(self, self.factor_names(), n_items)

    def persona_names(self, user: AnyId) -> list[str]:
        """Names of a user's personas, such as "ambient · Stars of the Lid, Grouper", all different.

        Raises
        ------
        UnknownIdError
            If there is no such user.
        """
        return name_personas(self, self.namer, self.user_ids.index_of(user))

    def factor_names(self) -> list[str]:
        """Names of the factors, all different; of the form that `persona_names` has."""
        return name_factors(self, self.namer)

    @cached_property
    def namer(self) -> Namer:
        """Names groups of its items."""
        return Namer.of(self.seen, self.item_listeners)

    # Other models from this one

    def fold_in(
        self,
        plays: GivenPlays,
        *,
        refused: Iterable[str] = (),
        keep_personas_of: PersonaState | None = None,
    ) -> PersonaModel:
        """Find the personas of other users, or of the same with other plays, with items fixed.

        Parameters
        ----------
        plays
            Plays of users, also as a table with the columns user_id, item_id and plays. Or of one person: a mapping
            from items to play counts, a pandas Series of counts by item, a list of items, or a table without user_id.
            In a mapping or a Series, a count below 0 is a dislike. What is no id of the catalogue may be the name of
            an item, in whatever case; items outside the catalogue are left out, with a warning.
        refused
            Ids or names of items that these users do not want, whatever they played: each is a dislike of a count of
            −1. Those outside the catalogue are left out.
        keep_personas_of
            A model that `fold_in` made of the same single user with slightly different plays: its split into personas
            is kept where it still fits.

        Returns
        -------
        A model of those users, with the same items. A person without an id has the id "visitor".

        Raises
        ------
        DataError
            If no item that was played is in the catalogue and not refused, a count is 0 or no number, or two keys of a
            mapping or a Series, such as 1 and "1", or an id and its name, are the same item.
        """
        indexes = self.named_items.indexes_of(refused)
        known = indexes[indexes >= 0] if len(indexes) else None  # −1 is an item outside the catalogue
        return fold_in(self, take_plays(plays), refused=known, keep_personas_of=keep_personas_of)

    def extend(self, plays: PlaysLike) -> PersonaModel:
        """Let new plays join, of new users and new items as well, without training again.

        Counts are added to those there are. Users with new plays are solved for, and new items from the users who play
        them; other users and the old items stay as they are. So a model can follow its data day by day; trained again
        from time to time, it also learns what the new plays say of old items.

        Parameters
        ----------
        plays
            What was played since, also as a table with the columns user_id, item_id and plays. Names and tags of new
            items come with it.

        Returns
        -------
        A model of the old and the new users and items.

        Raises
        ------
        DataError
            If there are no plays.
        """
        return extend(self, as_plays(plays))

    def without(self, users: AnyId | Iterable[AnyId]) -> PersonaModel:
        """Forget users: their plays, dislikes, personas and ids, and their part in the counts of every item.

        Personas of the other users, and the items, stay as they are. What cannot be taken back is how these users'
        plays shaped the item factors, the other users' personas with them, and what training measured of all plays
        together (`ItemSide.user_factor_sum` and `Scale`): leave their plays out and train again.

        Parameters
        ----------
        users
            Id of one user, or several.

        Raises
        ------
        UnknownIdError
            If one of them is not there.
        DataError
            If no user would be left.
        """
        return forget(self, users)

    @cached_property
    def base(self) -> PersonaModel:
        """The one-persona model that this one was split from."""
        item_side = replace(self.item_side, settings=replace(self.settings, n_personas=1))
        users = as_one_persona(user_rows(self.seen, item_side.settings), self.base_factors)
        return replace(self, item_side=item_side, user_personas=users)

    def with_map(self) -> PersonaModel:
        """Return this model with a map of its items, which is saved with it; drawn once, which takes seconds."""
        if self.item_map is not None:
            return self
        return replace(self, item_map=draw_map(self.item_factors, self.item_listeners, self.item_side.seed))

    # The model as a whole

    def diagnostics(self, holdout: PlaysLike | None = None) -> Diagnostics:
        """Tell whether the personas have collapsed: their number, shares and cosines over all users.

        Parameters
        ----------
        holdout
            Plays of these users that were taken out before training, if hits are to be counted by persona.
        """
        return diagnose(self, None if holdout is None else as_plays(holdout))

    def loss_history(self) -> pa.Table:
        """Return the loss of every epoch: stage, number, its terms, seconds, loss."""
        return to_arrow(self.epochs)

    history = loss_history  # its name in version 0.1

    def save(self, path: StrPath, *, force: bool = False) -> None:
        """Write one safetensors file, whole or not at all; `deepcuts.load` reads it.

        Raises
        ------
        OutputError
            If the file exists and `force` is false, or if it cannot be written.
        """
        save_model(self, path, force=force)

    def plot_map(self, *, user: AnyId | None = None, n_names: int = 25, ax: Any = None) -> Any:
        """Draw the most played items in the plane, like ones near each other; needs the extra `report`.

        Parameters
        ----------
        user
            Id of a user whose personas and items are to stand out; None draws the catalogue alone.
        n_names
            How many items are named, the best known first.
        ax
            Axes of matplotlib to draw into; None makes some.

        Returns
        -------
        The axes.

        Raises
        ------
        MissingExtraError
            If matplotlib is not installed.
        UnknownIdError
            If there is no such user.
        SettingsError
            If `ax` is no axes, or `n_names` below 0.
        """
        return import_module(_PLOTS).plot_map(self, user=user, n_names=n_names, ax=ax)

    def _repr_html_(self) -> str:
        return overview(self)

    def __repr__(self) -> str:
        n_rows = len(self.persona_shares)
        return (
            f"PersonaModel({counted(len(self.user_ids), 'user')} with {counted(n_rows, 'persona')}, "
            f"{counted(len(self.item_ids), 'item')}, "
            f"{counted(self.settings.vector_length, 'factor')})"
        )


def load(path: StrPath) -> PersonaModel:
    """Read a model that `PersonaModel.save` has written; the arrays of one above 64 MiB stay in it, mapped into memory.

    Every value is checked: a right checksum says that a file is as it was written, not by whom.

    Raises
    ------
    FileFormatError
        If there is no such file, or it is truncated, damaged, foreign, inconsistent or of a newer version.
    """
    return PersonaModel(**vars(read_state(path)))
