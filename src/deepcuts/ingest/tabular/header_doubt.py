"""Whether a first line that is read as plays looks like names of columns, in whatever language it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_FEWEST_ROWS = 5  # below the first, for a rule about what they have in common
_RARELY = 0.01  # share of rows that may break such a rule
_DIGIT = re.compile(r"\d")

_KINDS = (
    # Who listens, and what is heard, in the languages that exports are most often written in.
    "user|listener|account|member|person|profile|customer|client|visitor|session|"
    "benutzer|nutzer|hörer|kunde|konto|utilisateur|auditeur|usager|compte|usuario|oyente|cliente|cuenta|"
    "utente|ascoltatore|usuário|usuario|ouvinte|conta|gebruiker|luisteraar|användare|lyssnare|bruker|bruger|lytter|"
    "käyttäjä|kuuntelija|użytkownik|słuchacz|uživatel|posluchač|kullanıcı|dinleyici|felhasználó|utilizator|"
    "пользователь|слушатель|користувач|слухач|χρήστης|ακροατής|משתמש|مستخدم|用户|用戶|听众|聽眾|ユーザー|利用者|사용자|"
    "item|artist|track|song|album|title|name|band|musician|singer|recording|release|"
    "künstler|interpret|titel|lied|musiker|stück|artiste|chanson|morceau|titre|groupe|nom|"
    "artista|canción|cancion|título|titulo|tema|banda|grupo|nombre|brano|canzone|titolo|nome|música|musica|faixa|"
    "artiest|nummer|naam|låt|namn|sang|navn|artisti|kappale|nimi|wykonawca|artysta|utwór|nazwa|umělec|skladba|"
    "sanatçı|şarkı|előadó|исполнитель|артист|трек|песня|альбом|название|виконавець|καλλιτέχνης|τραγούδι|אמן|فنان|"
    "艺术家|藝術家|艺人|藝人|歌手|歌曲|曲目|アーティスト|曲|曲名|アルバム|아티스트|가수|곡|노래|"
    "mbid|id|uid|uuid|key"
)
_NUMBERS = "hash|sha1|number|no|nr|uri|url|index|code|id|uid|name|nummer|numero|número|key"
_COLUMN_NAME = re.compile(rf"({_KINDS})(s|n|en|es|e|i)?([ _.-]?({_KINDS}|{_NUMBERS}))?", re.IGNORECASE)


def looks_like_names(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the cells of a first line are names of columns rather than ids.

    They are where all are words for users and items; where ids below have digits and those of the first line have
    none; or where those of the first line do not come again and nearly all others of some column do.

    Parameters
    ----------
    first
        Cells of the first line: its user and its item.
    below
        For each of these, the cells below it.
    """
    if all(_COLUMN_NAME.fullmatch(cell.strip()) for cell in first):
        return True
    if any(map(_DIGIT.search, first)) or min(map(len, below)) < _FEWEST_ROWS:
        return False
    if any(_nearly_all([bool(_DIGIT.search(cell)) for cell in column]) for column in below):
        return True
    times = [Counter(column) for column in below]
    return not any(cell in counts for cell, counts in zip(first, times, strict=True)) and any(
        _nearly_all([counts[cell] > 1 for cell in column]) for counts, column in zip(times, below, strict=True)
    )


def _nearly_all(found: Sequence[bool]) -> bool:
    return sum(found) >= (1 - _RARELY) * len(found)
