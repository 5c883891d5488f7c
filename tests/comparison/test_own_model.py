"""Models of a caller in comparisons: anything with a fit whose result makes lists."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa
import pytest

import deepcuts as dc
from deepcuts.comparison import Contender, one_cut, run_all
from deepcuts.comparison.contenders import describe
from deepcuts.errors import SettingsError


class Alphabet:
    """Lists everything in the order of ids; no dataclass, and no helper of ours."""

    def __init__(self) -> None:
        self.seeds: list[int] = []

    def fit(self, plays, *, seed=0):
        self.seeds.append(seed)
        return AlphabetLists(plays)


@dataclass(frozen=True)
class AlphabetLists:
    plays: dc.Interactions

    def recommend(self, users=None, k=20, **settings):
        rows = []
        for user, user_id in enumerate(self.plays.user_ids):
            seen = set(self.plays.user_items(user)[0].tolist())
            left = [item for item in range(self.plays.n_items) if item not in seen][:k]
            rows += [(user_id, self.plays.item_ids[item], rank) for rank, item in enumerate(left, start=1)]
        return pa.table(dict(zip(("user_id", "item_id", "rank"), zip(*rows, strict=True), strict=True)))


@dataclass
class Unhashable:
    power: float = 1.0

    def fit(self, plays, *, seed=0):
        raise NotImplementedError


def test_any_object_with_fit_and_lists_takes_part():
    cut = dc.split_holdout(dc.generate_world(n_users=30, n_items=60, items_per_user=8, seed=0).plays, seed=0)
    own = Alphabet()
    contenders = [Contender("alphabet", own), Contender("again", own), Contender("popular", dc.Popularity())]
    runs = run_all(contenders, one_cut(*cut, [3]), {"recall": (10,)}, n_resamples=5)
    assert own.seeds == [3]  # trained once for both contenders
    found = {run.contender: run.evaluation["recall@10"] for run in runs}
    judged = dc.evaluate(AlphabetLists(cut.train).recommend(k=10), *cut, cutoffs={"recall": [10]})
    assert found["alphabet"] == found["again"] == judged["recall@10"]
    assert describe(contenders[0]) == "no settings"


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (object(), "which has no fit(plays, *, seed). Pass an object with settings, such as PersonaNMF(n_factors=32)."),
        (dc.PersonaNMF, "is the class PersonaNMF. Pass an object of it, with its settings: PersonaNMF()."),
        (Unhashable(), "mine is a Unhashable, which cannot be hashed"),
    ],
)
def test_what_cannot_be_trained_is_refused_at_once(method, message):
    with pytest.raises(SettingsError, match=re.escape(message)):
        Contender("mine", method)


@dataclass(frozen=True)
class Odd:
    """Trains and lists as it is told."""

    train: object
    lists: object = None

    def fit(self, plays, **seed):
        return self.train(self, **seed)

    def recommend(self, users=None, k=20, **settings):
        return self.lists(**settings)


def fails(*given, **named):
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (Odd(lambda odd, seed: None), "What mine returns from fit is None, which has no recommend(users=None, k"),
        (Odd(fails), "mine raised ZeroDivisionError: division by zero. Its fit takes (plays, *, seed)."),
        (Odd(lambda odd: odd), "mine raised TypeError: "),
        (Odd(lambda odd, seed: odd, fails), "mine raised ZeroDivisionError: division by zero. Its recommend takes ("),
        (Odd(lambda odd, seed: odd, lambda: pa.table({})), "mine raised TypeError: "),  # it is asked for a rarity
        (Odd(lambda odd, seed: odd, lambda rarity: None), "mine: The lists are None, not a table."),
        (Odd(lambda odd, seed: odd, lambda rarity: pa.table({"user_id": ["a"]})), "mine: Column 'item_id' not found"),
    ],
)
def test_what_a_model_raises_or_returns_is_told_by_the_name_of_its_contender(method, message):
    cut = dc.split_holdout(dc.generate_world(n_users=30, n_items=60, items_per_user=8, seed=0).plays, seed=0)
    with pytest.raises(dc.DeepcutsError, match=re.escape(message)):
        run_all([Contender("mine", method, {"rarity": 0.5})], one_cut(*cut, [0]), {"recall": (10,)})
