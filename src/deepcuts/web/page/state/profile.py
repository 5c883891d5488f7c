"""A profile as JSON: what a browser keeps of a visit and a link holds. What comes back is checked as any input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from deepcuts.errors import DataError
from deepcuts.web.page.state.blend_profile import blend_fields, read_blend
from deepcuts.web.page.state.list_options import ListOptions
from deepcuts.web.page.state.own_artists import artists_of, own_artists, replace_artists
from deepcuts.web.page.state.persona_options import PersonaOptions
from deepcuts.web.page.state.profile_fields import MOST_TEXT, field_of, is_number, pairs_of, text_of
from deepcuts.web.page.state.visit import Visit
from deepcuts.wording import counted

if TYPE_CHECKING:
    from deepcuts.history import Matcher

_VERSION = 1
_MOST_ARTISTS = 2_000  # the most played ones
_MOST_LINKED = 300  # of a link, so that it can be sent
_MOST_PERSONAS = 64
_FLAGS = ("muted", "boosted", "pinned")
_UNREADABLE = "This is no profile of deepcuts, or one of a later version. Ask for the link again."


class Entry(NamedTuple):
    """An artist of a profile; its persona is a number within the profile."""

    item_id: str
    name: str
    plays: float
    persona: int


def profile_of(visit: Visit) -> dict[str, object]:
    """Return what a visit knows of the visitor; items have names, so that another model finds them too."""
    personas = _persona_of_items(visit)
    return {
        "version": _VERSION,
        "artists": [
            [one.item_id, one.name, one.plays, personas.get(one.item_id, 0)]
            for one in own_artists(visit)[:_MOST_ARTISTS]
        ],
        "source": visit.source,
        "refused": [list(pair) for pair in visit.refused.items()],
        "kept": [list(pair) for pair in visit.kept.items()],
        "blend": _blend_of(visit, _MOST_ARTISTS),
        "personas": [
            {"name": one.name, "dial": one.dial_position, **{flag: getattr(one, flag) for flag in _FLAGS}}
            for one in visit.persona_options
        ],
    }


def shared_profile(visit: Visit) -> dict[str, object]:
    """Return what a link holds: the most played artists and, of a blend, which of them are the visitor's own."""
    linked: dict[str, object] = {"version": _VERSION, "artists": _rows(visit, visit.plays, _MOST_LINKED)}
    blend = _blend_of(visit, _MOST_LINKED)
    return linked | ({"blend": blend} if blend else {})


def _blend_of(visit: Visit, most: int) -> dict[str, object] | None:
    if visit.blend is None:
        return None
    return {"version": _VERSION, "artists": _rows(visit, visit.blend.mine, most)} | blend_fields(visit.blend)


def _rows(visit: Visit, plays: Mapping[str, float], most: int) -> list[list[object]]:
    return [[one.item_id, one.name, round(one.plays, 2)] for one in artists_of(visit, plays)[:most]]


def options_of(options: ListOptions) -> dict[str, object]:
    """Return the options of the list."""
    return {
        "dial": options.dial_position, "mix": options.mix, "k": options.k, "listeners": options.least_listeners,
    }  # fmt: skip


def restore_profile(visit: Visit, profile: object, matcher: Matcher) -> int:
    """Take a profile in place of what a visit knows; return how many of its artists the model does not have.

    Raises
    ------
    DataError
        If it is no profile, or the model has none of its artists.
    """
    entries = list(read_entries(profile))
    kept, refused = (pairs_of(field_of(profile, name), _MOST_ARTISTS) for name in ("kept", "refused"))
    blended = field_of(profile, "blend")
    mine = [] if blended is None else list(read_entries(blended))
    rows = _pairs_of_entries(entries)
    found = _found([*rows, *kept, *refused, *_pairs_of_entries(mine)], visit, matcher)
    plays = plays_of(entries, found)
    if plays:
        replace_artists(visit, plays, text_of(field_of(profile, "source")))
        visit.plays = {item_id: visit.plays[item_id] for item_id in plays if item_id in visit.plays}  # in their order
        visit.blend = read_blend(blended, plays_of(mine, found))
        _hold_options(visit, entries, found, field_of(profile, "personas"))
    elif entries:
        raise DataError(f"This model has none of the {counted(len(entries), 'artist')} of this profile.")
    visit.kept = {found[pair]: pair[1] for pair in kept if pair in found}
    visit.refused = {found[pair]: pair[1] for pair in refused if pair in found and found[pair] not in plays}
    return sum(pair not in found for pair in rows)


def restore_options(options: ListOptions, saved: object) -> None:
    """Take options of the list from what a browser kept.

    Raises
    ------
    SettingsError
        If one of them cannot be.
    """
    for name, set_option in (
        ("dial", options.set_dial), ("mix", options.set_mix), ("k", options.set_length),
        ("listeners", options.set_least_listeners),
    ):  # fmt: skip
        value = field_of(saved, name)
        if isinstance(value, str if name == "mix" else int | float) and not isinstance(value, bool):
            set_option(value)  # type: ignore[arg-type]


def shared_plays(profile: object, visit: Visit, matcher: Matcher) -> dict[str, float]:
    """Plays by item id of a profile that somebody else has shared.

    Raises
    ------
    DataError
        If it is no profile, or the model has none of its artists.
    """
    entries = list(read_entries(profile))
    plays = plays_of(entries, _found(_pairs_of_entries(entries), visit, matcher))
    if not plays:
        raise DataError(f"This model has none of the {counted(len(entries), 'artist')} of this profile.")
    return plays


def read_entries(profile: object) -> Iterator[Entry]:
    """Artists of a profile.

    Raises
    ------
    DataError
        If it is no profile.
    """
    rows = field_of(profile, "artists")
    if field_of(profile, "version") != _VERSION or not isinstance(rows, list):
        raise DataError(_UNREADABLE)
    for row in rows[:_MOST_ARTISTS]:
        if not (isinstance(row, list) and len(row) >= 3 and isinstance(row[0], str) and isinstance(row[1], str)):
            raise DataError(_UNREADABLE)
        plays = row[2]
        if not is_number(plays) or plays <= 0:
            raise DataError(_UNREADABLE)
        persona = row[3] if len(row) > 3 and isinstance(row[3], int) else 0
        yield Entry(row[0][:MOST_TEXT], row[1][:MOST_TEXT], float(plays), persona)


def plays_of(entries: list[Entry], found: dict[tuple[str, str], str]) -> dict[str, float]:
    """Plays by id in the model; those of names that are one artist there are added up."""
    plays: dict[str, float] = {}
    for one in entries:
        item_id = found.get((one.item_id, one.name))
        if item_id is not None:
            plays[item_id] = plays.get(item_id, 0.0) + one.plays
    return plays


def _pairs_of_entries(entries: list[Entry]) -> list[tuple[str, str]]:
    return [(one.item_id, one.name) for one in entries]


def _found(pairs: list[tuple[str, str]], visit: Visit, matcher: Matcher) -> dict[tuple[str, str], str]:
    """Ids in the model of ids and names of a profile: the same id with the same name, or else the same name."""
    model = visit.model
    if not pairs:
        return {}
    indexes = model.item_ids.indexes_of([item_id for item_id, _ in pairs])
    names = model.item_names(indexes.clip(0)).to_pylist()
    found = {}
    others = []
    for pair, index, name in zip(pairs, indexes.tolist(), names, strict=True):
        if index >= 0 and name == pair[1]:
            found[pair] = pair[0]
        else:
            others.append(pair)
    if others:
        for pair, row in zip(others, matcher.match([name for _, name in others]).table.to_pylist(), strict=True):
            if row["how"] in ("exact", "normalised"):
                found[pair] = row["item_id"]
    return found


def _persona_of_items(visit: Visit) -> dict[str, int]:
    """Number of the persona of each artist, of the model that was solved last."""
    solved = visit.solved
    if solved is None:
        return {}
    seen, personas = solved.model.seen, solved.model.user_personas.personas
    return dict(zip(solved.model.item_ids.take(seen.indices).to_pylist(), personas.tolist(), strict=True))


def _hold_options(visit: Visit, entries: list[Entry], found: dict[tuple[str, str], str], saved: object) -> None:
    """Have the options of personas follow their artists once the model is solved."""
    if not isinstance(saved, list):
        return
    items: list[set[int]] = [set() for _ in saved[:_MOST_PERSONAS]]
    known = [one for one in entries if (one.item_id, one.name) in found and 0 <= one.persona < len(items)]
    indexes = visit.model.item_ids.indexes_of([found[one.item_id, one.name] for one in known])
    for one, index in zip(known, indexes, strict=True):
        items[one.persona].add(int(index))
    visit.persona_options = [_read_options(one) for one in saved[:_MOST_PERSONAS]]
    visit.items_of_options = items


def _read_options(saved: object) -> PersonaOptions:
    muted, boosted, pinned = (field_of(saved, flag) is True for flag in _FLAGS)
    options = PersonaOptions(muted=muted, boosted=boosted, pinned=pinned)
    options.rename(text_of(field_of(saved, "name")))
    position = field_of(saved, "dial")
    if is_number(position):
        options.set_dial(float(position))
    return options
