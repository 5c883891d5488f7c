"""What `deepcuts me` shows of a listener: personas by name and colour, and lists with reasons, as the page has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from deepcuts.cli.terminal import cell_text, print_table, ruled_table, stdout
from deepcuts.recommendation.settings import ListSettings

if TYPE_CHECKING:
    from rich.text import Text

    from deepcuts.web.page.state.visitor_model import VisitorModel

COLOURS = ("#0072b2", "#c9550a", "#008863", "#b0558a", "#9a6a00", "#2f86b8", "#77700a", "#555555")  # as on the page
POSITIONS = {"Familiar": -0.6, "As you are": 0.0, "Deep cuts": 0.8}
SHORT, LONG = 8, 20  # rows of each of several lists, and of one

_OF_ALL = "#5b5148"
_N_ARTISTS = 6
_MANY = "many of your artists, each a little"


@dataclass(frozen=True)
class OwnRow:
    """A row of a list; `because` has names and shares of the listener's own artists, `badge` -1 is all of them."""

    rank: int
    item_id: str
    name: str
    score: float
    persona: int
    badge: int
    listeners: int
    because: list[tuple[str, float]]


@dataclass(frozen=True)
class OwnList:
    """A list at a position of the dial."""

    title: str
    rarity: float | Mapping[int, float]
    rows: list[OwnRow]

    @property
    def median_listeners(self) -> float:
        """Half of the artists have at most so many listeners."""
        from statistics import median

        return median(row.listeners for row in self.rows) if self.rows else 0.0

    def as_json(self) -> list[dict[str, Any]]:
        """Rows for a program."""
        because = [[{"name": name, "share": share} for name, share in row.because] for row in self.rows]
        return [
            {"list": self.title, "rarity": self.rarity, **vars(row), "because": reasons}
            for row, reasons in zip(self.rows, because, strict=True)
        ]


def own_lists(
    visitor: VisitorModel, settings: ListSettings, titles: Mapping[str, Any], least_listeners: int
) -> list[OwnList]:
    """Make lists at positions of the dial, in which no artist stands twice.

    Parameters
    ----------
    visitor
        The listener.
    settings
        How lists are made, but for the dial.
    titles
        From the titles of the lists to their positions.
    least_listeners
        Artists with fewer listeners are not listed.
    """
    from deepcuts.web.page.state.rare_items import rarer_than

    rare = rarer_than(visitor.model, least_listeners)
    made: dict[str, OwnList] = {}
    for title in sorted(titles, key=lambda title: titles[title] != 0):  # that of the tastes as they are goes first
        listed = [row.item_id for each in made.values() for row in each.rows]
        asked = replace(settings, rarity=titles[title], deny=(*settings.deny, *rare, *listed))
        made[title] = OwnList(title, titles[title], _rows(visitor, asked))
    return [made[title] for title in titles]


def _rows(visitor: VisitorModel, settings: ListSettings) -> list[OwnRow]:
    from deepcuts.recommendation import recommend
    from deepcuts.recommendation.turned_personas import leans_of_user

    table = recommend(visitor.model, None, settings)
    items = visitor.model.item_ids.indexes_of(table["item_id"])
    names, listeners = visitor.model.item_names(items).to_pylist(), visitor.model.item_listeners[items].tolist()
    leans, rows = leans_of_user(visitor.model, 0, settings).tolist(), []
    for row, name, n_listeners in zip(table.to_pylist(), names, listeners, strict=True):
        because, badge = visitor.reasons(row["item_id"], row["persona"], leans[row["persona"]])
        rows.append(
            OwnRow(row["rank"], row["item_id"], name, row["score"], row["persona"], badge, n_listeners, because)
        )
    return rows


def show_own_personas(visitor: VisitorModel) -> None:
    """Print a row for each persona: its badge, share, name, and most played artists."""
    from deepcuts.model.state import VISITOR

    shown = ruled_table("Your personas")
    shown.add_column("")
    shown.add_column("share", justify="right")
    shown.add_column("name", overflow="fold", max_width=34)
    shown.add_column("most played", overflow="fold", ratio=1)
    table = visitor.model.personas(VISITOR, n_items=_N_ARTISTS)
    for (persona, share), rows in groupby(table.to_pylist(), key=itemgetter("persona", "share")):
        artists = ", ".join(cell_text(row["name"]) for row in rows)
        shown.add_row(badge(persona), f"{share:.0%}", cell_text(visitor.names[persona]), artists)
    print_table(shown)


def show_own_lists(lists: Sequence[OwnList], n_listeners: int) -> None:
    """Print lists below each other, with a line that says what letters and numbers are."""
    from rich.text import Text

    for each in lists:
        if not each.rows:
            stdout().print(Text(f"{each.title}: no artist is left to list.\n", style="dim"))
            continue
        shown = ruled_table(each.title)
        shown.title = Text.assemble((each.title, "bold"), (f"   {_about(each)}", "dim not bold"))
        shown.add_column("", justify="right", style="dim")
        shown.add_column("")
        shown.add_column("artist", overflow="fold", min_width=min(22, stdout().width // 4), max_width=30)
        shown.add_column("because of", overflow="fold", ratio=1, style="dim")
        shown.add_column("listeners", justify="right")
        for row in each.rows:
            because = ", ".join(f"{cell_text(name)} {share:.0%}" for name, share in row.because) or _MANY
            shown.add_row(str(row.rank), badge(row.badge), cell_text(row.name), because, f"{row.listeners:,}")
        print_table(shown)
    words = f"Letters are personas, ✱ is all of you; listeners are of the {n_listeners:,} that the model learned from."
    stdout().print(Text(words, style="dim"))


def badge(persona: int) -> Text:
    """Letter of a persona on its colour; a star where all of them speak."""
    from rich.text import Text

    letter = "✱" if persona < 0 else chr(ord("A") + persona % 26)
    colour = _OF_ALL if persona < 0 else COLOURS[persona % len(COLOURS)]
    return Text(f" {letter} ", style=f"bold #ffffff on {colour}")


def _about(shown: OwnList) -> str:
    median = shown.median_listeners
    listeners = f"half have at most {median:,.0f} listener{'' if median == 1 else 's'}"
    if isinstance(shown.rarity, Mapping):
        return listeners
    return f"dial at {shown.rarity:g}, ".replace("-", "−") + listeners
