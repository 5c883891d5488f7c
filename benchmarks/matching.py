"""How well names of artists are found in a catalogue: precision and recall under noise, on Last.fm HetRec 2011.

Every name of artists.dat is looked for once, altered at random. The catalogue holds two thirds of the artists; the
others are strangers, and finding anything for one of them is wrong. Half of the names choose the least score, the other
half judge it. Run it with ``python benchmarks/matching.py``; it takes some ten seconds.
"""

from __future__ import annotations

import argparse
import random
import resource
import unicodedata
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from common import DATA, print_json, print_table, setting

from deepcuts.data.ids import Ids
from deepcuts.history import Matcher
from deepcuts.history.names import compact_form, spaced_form

RATES = {
    "lower case": 0.25,
    "upper case": 0.15,
    "accents lost": 0.5,
    "accent put on": 0.05,
    "article": 0.1,
    "typo": 0.3,
}
STRANGERS = 1 / 3
LEAST_PRECISION, LEAST_RECALL = 0.99, 0.95
MIN_SCORES = (75.0, 80.0, 83.0, 85.0, 87.0, 90.0, 92.0, 95.0)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Question:
    """A name that is looked for."""

    name: str
    asked: str
    has_typo: bool
    is_stranger: bool
    is_judge: bool


def read_names() -> list[str]:
    """Names of all artists, each once."""
    path = DATA / "lastfm-hetrec2011" / "artists.dat"
    if not path.is_file():
        raise SystemExit(f"{path} is not there. Set DEEPCUTS_DATA to the folder that holds lastfm-hetrec2011.")
    lines = path.read_text(encoding="utf-8").split("\n")[1:]
    return sorted({line.split("\t")[1] for line in lines if line})


def with_typo(name: str, rng: random.Random) -> str:
    """One letter left out, put in or replaced, or two swapped, with equal chances."""
    index, kind = rng.randrange(len(name)), rng.randrange(4)
    if kind == 0:
        return name[:index] + name[index + 1 :]
    if kind == 3 and len(name) > 1:
        index = min(index, len(name) - 2)
        return name[:index] + name[index + 1] + name[index] + name[index + 2 :]
    return name[:index] + rng.choice(LETTERS) + name[index + (kind == 2) :]


def altered(name: str, rng: random.Random) -> tuple[str, bool]:
    """A name as somebody else may have written it, and whether it has a typo."""
    asked = name
    if rng.random() < RATES["accents lost"]:
        asked = "".join(each for each in unicodedata.normalize("NFD", asked) if not unicodedata.combining(each))
    if rng.random() < RATES["accent put on"]:
        index = rng.randrange(len(asked))
        asked = unicodedata.normalize("NFC", asked[: index + 1] + "\u0301" + asked[index + 1 :])
    if rng.random() < RATES["article"]:
        asked = asked[4:] if asked.startswith("The ") and len(asked) > 4 else f"The {asked}"
    has_typo = rng.random() < RATES["typo"]
    asked = with_typo(asked, rng) if has_typo else asked
    case = rng.random()
    if case < RATES["lower case"]:
        return asked.lower(), has_typo
    return (asked.upper() if case < RATES["lower case"] + RATES["upper case"] else asked), has_typo


def form(name: str) -> str:
    """Names of the same form are one artist."""
    return compact_form(spaced_form(name))


def questions(names: list[str], rng: random.Random) -> list[Question]:
    """Every name, altered; a third of the forms are strangers."""
    forms = sorted({form(name) for name in names})
    rng.shuffle(forms)
    strangers = set(forms[: round(len(forms) * STRANGERS)])
    return [Question(name, *altered(name, rng), form(name) in strangers, rng.random() < 0.5) for name in names]


def judge(matcher: Matcher, asked: list[Question]) -> dict[str, float]:
    """Precision, recall, and recall of names with a typo and without."""
    found = matcher.match([question.asked for question in asked]).table["name"].to_pylist()
    right = np.array([name is not None and form(name) == form(q.name) for q, name in zip(asked, found, strict=True)])
    known = np.array([not question.is_stranger for question in asked])
    typo = np.array([question.has_typo for question in asked])
    n_found = sum(name is not None for name in found)
    return {
        "precision": right.sum() / n_found,
        "recall": right[known].mean(),
        "recall_without_typo": right[known & ~typo].mean(),
        "recall_with_typo": right[known & typo].mean(),
        "n_known": int(known.sum()),
        "n_strangers": int((~known).sum()),
        "n_found": n_found,
        "n_wrong": int(n_found - right.sum()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    rng = random.Random(seed)
    names = read_names()
    asked = questions(names, rng)
    catalogue = pa.array([question.name for question in asked if not question.is_stranger])
    ids = Ids.of([f"{index:06}" for index in range(len(catalogue))], "item")
    choosing, judging = ([q for q in asked if q.is_judge == is_judge] for is_judge in (False, True))
    print(f"{len(names):,} names, {len(catalogue):,} of them in the catalogue; noise: {RATES}; seed {seed}\n")
    tried = {score: judge(Matcher(ids, catalogue, min_score=score), choosing) for score in MIN_SCORES}
    print_table(
        ["min_score, chosen by", "precision", "recall", "wrong"],
        [
            [f"{score:g}", f"{each['precision']:.4f}", f"{each['recall']:.4f}", str(each["n_wrong"])]
            for score, each in tried.items()
        ],
    )
    enough = [score for score, each in tried.items() if each["precision"] >= LEAST_PRECISION]
    chosen = max(enough, key=lambda score: tried[score]["recall"]) if enough else max(MIN_SCORES)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    figures = judge(Matcher(ids, catalogue, min_score=chosen), judging)
    seconds = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
    print(f"\nOn the other half, with min_score={chosen:g}, in {seconds:.1f} s of one core:")
    print_table(["figure", "value"], [[name, f"{value:.4f}"] for name, value in figures.items() if "n_" not in name])
    passed = figures["precision"] >= LEAST_PRECISION and figures["recall"] >= LEAST_RECALL
    print(f"\nThe bar is precision {LEAST_PRECISION}, recall {LEAST_RECALL}: {'reached' if passed else 'MISSED'}.")
    print_json(min_score=chosen, seed=seed, cpu_seconds=seconds, **figures, setting=setting("rapidfuzz"))


if __name__ == "__main__":
    main()
