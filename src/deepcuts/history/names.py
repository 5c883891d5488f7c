"""Names of artists in a form in which the spellings of one name are the same."""

from __future__ import annotations

import re
import unicodedata

from deepcuts.data.song_names import BETWEEN

_MARKS = re.compile("[\u0300-\u036f]")  # accents; those of other scripts can be part of the letter
_NOT_WORD = re.compile(r"[^\w\s]|_")
_BLANKS = re.compile(r"\s+")
_GUEST = re.compile(r"\s*[(\[]?\b(?:feat(?:uring)?|ft)\b\.?\s.*$|\s*[(\[]with\s.*$", re.IGNORECASE)
_ARTICLE = re.compile(r"^the\s+(?=\S)|,\s*the$", re.IGNORECASE)
_AND = re.compile(r"\s*[&+]\s*|\s+n'?\s+|\s+'n'?\s+")
_WITHIN = re.compile(r"(?<=\w)\$(?=\w)")  # Ke$ha; at an end it stands for no letter
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h", "’": "'", "`": "'"}
)


def spaced_form(name: str) -> str:
    """Return a name in lower case, without accents, article, guests and punctuation, "&" and "n'" as "and".

    A name that would lose everything keeps its characters, in lower case. Of a song, "artist – title", each part has
    its own form.

    Examples
    --------
    >>> spaced_form("The Crüxshadows feat. Ayria"), spaced_form("Guns N' Roses"), spaced_form("!!!")
    ('cruxshadows', 'guns and roses', '!!!')
    """
    artist, between, title = name.partition(BETWEEN)
    return f"{_form(artist)} {_form(title)}" if between and title.strip() else _form(name)


def _form(name: str) -> str:
    if name.isascii():
        plain = name.lower()
    else:
        # Letters and accents apart, the accents of Latin, Greek and Cyrillic dropped, the others joined again.
        decomposed = unicodedata.normalize("NFKD", name).casefold()
        plain = unicodedata.normalize("NFC", _MARKS.sub("", decomposed)).translate(_LETTERS)
    plain = _BLANKS.sub(" ", plain).strip()
    short = _GUEST.sub("", plain)
    short = _ARTICLE.sub("", _AND.sub(" and ", _WITHIN.sub("s", short)))
    words = _BLANKS.sub(" ", _NOT_WORD.sub(" ", short.replace("'", "").replace(".", ""))).strip()
    # "!!!" has no words; a name of blanks and accents alone, not even `plain`.
    return words or plain or name.strip().lower()


def compact_form(spaced: str) -> str:
    """Return the spaced form of a name without its blanks, which are where spellings differ most: AC/DC and ACDC."""
    return spaced.replace(" ", "")
