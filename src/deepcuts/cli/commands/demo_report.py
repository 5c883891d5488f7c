"""Tables that `deepcuts demo` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from rich.text import Text

from deepcuts.cli.terminal import cell_text, print_table, printable, ruled_table, stdout
from deepcuts.evaluation import Evaluation
from deepcuts.evaluation.personas import effective_personas
from deepcuts.model import PersonaModel
from deepcuts.synthetic import World
from deepcuts.wording import counted

FAMILIAR, NEUTRAL, RARE = -1.0, 0.0, 1.0

_LIST_LENGTH = 8
_ARTISTS_NAMED = 3
_METRICS = ("recall@20", "ndcg@100", "novelty@20", "coverage@20", "gini@20")


def most_divided_user(model: PersonaModel) -> str:
    """Return the user whose listening is divided most evenly among most personas."""
    return str(model.user_ids.values[int(np.argmax(effective_personas(model.persona_shares, model.persona_indptr)))])


def show_world(world: World) -> None:
    """Print the sizes of the invented world."""
    plays = world.plays
    _say(
        f"{counted(plays.n_users, 'listener has', 'listeners have')} played "
        f"{counted(plays.n_items, 'artist')} of {counted(len(world.scene_names), 'scene')}. "
        f"Four in five of {plays.n_pairs:,} listener–artist pairs were learnt from; the others judge the lists."
    )


def show_listener(model: PersonaModel, world: World, user: str) -> None:
    """Print the personas of a user beside the scenes of their artists, and below them the planted ones."""
    table = model.personas(user, n_items=len(model.item_ids))
    shown = ruled_table(f"The personas of {user}")
    for name in ("persona", "share"):
        shown.add_column(name, justify="right")
    shown.add_column("scenes of its artists")
    shown.add_column("most played")
    for persona in table["persona"].unique().to_pylist():
        own = table.filter(pc.equal(table["persona"], persona)).to_pylist()
        artists = [row["item_id"] for row in own]
        shown.add_row(
            str(persona), f"{own[0]['share']:.0%}", _scenes(world, artists), ", ".join(artists[:_ARTISTS_NAMED])
        )
    print_table(shown)
    _say(f"Planted, and never seen by the model: {_planted(world, user)}.")


def _scenes(world: World, artists: list[str]) -> str:
    indexes = world.plays.item_ids.indexes_of(artists)
    counts = Counter(world.scene_names[scene] for scene in world.item_scenes[indexes])
    return ", ".join(f"{scene} {count}" for scene, count in counts.most_common(2))


def _planted(world: World, user: str) -> str:
    index = world.plays.user_ids.index_of(user)
    rows = slice(world.persona_indptr[index], world.persona_indptr[index + 1])
    personas = zip(world.persona_scenes[rows], world.persona_shares[rows], strict=True)
    return ", ".join(f"{world.scene_names[scene]} {share:.0%}" for scene, share in personas)


def show_dial(model: PersonaModel, user: str) -> None:
    """Print a user's lists at three positions of the dial side by side, with the listeners of every artist."""
    positions = {f"familiar ({FAMILIAR:+.0f})": FAMILIAR, "neutral (0)": NEUTRAL, f"rare ({RARE:+.0f})": RARE}
    lists = [_list(model, user, rarity) for rarity in positions.values()]
    shown = ruled_table("Next at three positions of the rarity dial (numbers: listeners)")
    for name in positions:
        shown.add_column(name, no_wrap=True, overflow="ellipsis", min_width=16)
        shown.add_column("", justify="right", no_wrap=True)
    for row in zip(*lists, strict=True):
        shown.add_row(*(cell for artist, listeners in row for cell in (cell_text(artist), f"{listeners:,}")))
    shown.add_section()
    shown.add_row(*(cell for shown_list in lists for cell in ("on average", f"{_mean_listeners(shown_list):,.0f}")))
    print_table(shown)


def _list(model: PersonaModel, user: str, rarity: float) -> list[tuple[str, int]]:
    artists = model.recommend(user, k=_LIST_LENGTH, rarity=rarity)["item_id"]
    listeners = model.item_listeners[model.item_ids.indexes_of(artists)]
    return list(zip(artists.to_pylist(), listeners.tolist(), strict=True))


def _mean_listeners(shown_list: list[tuple[str, int]]) -> float:
    return float(np.mean([listeners for _, listeners in shown_list]))


def show_figures(evaluations: Mapping[str, Evaluation]) -> None:
    """Print the main figures of each way to make lists, side by side."""
    shown = ruled_table("How good the lists are, by what was held out")
    shown.add_column("")
    for name in evaluations:
        shown.add_column(name, justify="right")
    for metric in _METRICS:
        shown.add_row(metric, *(f"{evaluation.figures[metric]:.4f}" for evaluation in evaluations.values()))
    print_table(shown)
    _say("Novelty in bits: how surprising an artist is. Coverage: share of artists listed. Gini: 0 is an even chance.")


def show_next_steps(model_file: Path, user: str) -> None:
    """Print where the model is, and commands to try with it."""
    _say(f"The model is in {model_file}. Try next:")
    for arguments in (f'recommend {model_file} --user "{user}" --rarity 1', f'personas {model_file} "{user}"'):
        stdout().print(Text(f"  deepcuts {arguments}", "bold"), soft_wrap=True)


def _say(text: str) -> None:
    stdout().print(Text(printable(text)), end="\n\n")
