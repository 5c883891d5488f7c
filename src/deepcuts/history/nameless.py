"""Names that stand for no artist: what programs write where they know none, or too many."""

from __future__ import annotations

from collections.abc import Sequence

from deepcuts.ingest.tabular.database import quoted

# In lower case, without brackets around them; several artists at once, none that is known, or a channel of nobody's.
_NAMES = [
    "various artists",
    "various artist",
    "various",
    "various interprets",
    "various performers",
    "various composers",
    "va",
    "v/a",
    "v.a.",
    "v. a.",
    "verschiedene interpreten",
    "verschiedene künstler",
    "verschiedene",
    "diverse interpreten",
    "diverse künstler",
    "diverse",
    "artistes divers",
    "artistes variés",
    "multi-interprètes",
    "divers",
    "compilation",
    "compilations",
    "varios artistas",
    "varios",
    "artistas varios",
    "vários artistas",
    "vários intérpretes",
    "vários",
    "artistas diversos",
    "artisti vari",
    "vari artisti",
    "aa.vv.",
    "aa. vv.",
    "diverse artiesten",
    "blandade artister",
    "diverse artister",
    "diverse kunstnere",
    "eri esittäjiä",
    "różni wykonawcy",
    "rozni wykonawcy",
    "různí interpreti",
    "válogatás",
    "çeşitli sanatçılar",
    "разные исполнители",
    "сборник",
    "різні виконавці",
    "διάφοροι καλλιτέχνες",
    "ヴァリアス・アーティスト",
    "ヴァリアス・アーティスツ",
    "オムニバス",
    "群星",
    "华语群星",
    "여러 아티스트",
    "unknown artist",
    "unknown artists",
    "unknown",
    "unbekannter künstler",
    "unbekannter interpret",
    "unbekannt",
    "artiste inconnu",
    "inconnu",
    "artista desconocido",
    "desconocido",
    "artista sconosciuto",
    "sconosciuto",
    "artista desconhecido",
    "desconhecido",
    "onbekende artiest",
    "onbekend",
    "okänd artist",
    "okänd",
    "ukendt kunstner",
    "ukjent artist",
    "tuntematon esittäjä",
    "tuntematon artisti",
    "nieznany wykonawca",
    "nieznany artysta",
    "neznámý interpret",
    "ismeretlen előadó",
    "bilinmeyen sanatçı",
    "неизвестный исполнитель",
    "неизвестен",
    "невідомий виконавець",
    "άγνωστος καλλιτέχνης",
    "不明なアーティスト",
    "アーティスト不明",
    "未知艺术家",
    "未知歌手",
    "未知艺人",
    "알 수 없는 아티스트",
    "untagged",
    "no artist",
    "no artist name",
    "anonymous artist",
    "artist unknown",
    "unknown album artist",
    "variousartists",
    "unknownartist",
    "various artistes",
    "non-artist",
    "other artists",
    "all other artists",
    "all others",
    "andere künstler",
    "autres artistes",
    "otros artistas",
    "altri artisti",
    "original soundtrack",
    "soundtrack",
    "release - topic",
    "release",
    "various artists - topic",
]
# Names that are an artist's as well, and mean nobody only between brackets: what MusicBrainz calls special purpose.
_IN_BRACKETS = [
    "anonymous",
    "data",
    "dialogue",
    "traditional",
    "untitled",
    "language instruction",
    "nature sounds",
    "theatre",
    "musical",
    "disney",
    "blank",
    "empty",
    "none",
    "leer",
    "vide",
    "en blanco",
    "vuoto",
    "leeg",
    "other",
    "others",
]
# What programs write where a cell has nothing: in tables of spreadsheets, in databases, and between dashes.
_NOTHING = [
    "null",
    "nan",
    "n/a",
    "#n/a",
    "undefined",
    "#ref!",
    "#value!",
    "#name?",
    "#null!",
    "#div/0!",
    "-",
    "--",
    "–",
    "—",
]

_IDS = ("89ad4ac3-39f7-470e-963a-56509c546377", "125ec42a-7229-4250-afc5-e057484327fe")  # of MusicBrainz, for these two
_ALSO_NAMES = ("release", "diverse", "divers", "verschiedene", "varios", "vários", "compilation", "compilations")

# A remark at the foot of a table, such as "Source: …".
_REMARK = (
    r"(?i)^(sources?|quelle|fuente|fonte|notes?|remarks?|as of|stand|"
    r"(exported|generated|retrieved|updated|created)( (on|by|at|from|with))?)\s*:"
)

REASON = "no artist of its own (various, unknown, untagged)"


def is_nameless(name: str) -> str:
    """SQL of whether a name, without blanks around it, stands for no artist."""
    # "Unknown Artist 1", "Various Artists (2)"; CASE, unlike OR, has slow expressions for the few names that end, or
    # begin, like it.
    base = rf"regexp_replace(lower({name}), '\s+(\d+|\(\d+\))$', '')"
    bare = rf"regexp_extract({name}, '^[\[<(]\s*(.*?)\s*[\])>]$', 1)"
    alone = [each for each in _NAMES if each not in _ALSO_NAMES]
    plain = _is_among(f"lower({name})", [*alone, *_NOTHING, *_IDS])
    several = _is_among(base, [each for each in alone if " " in each])
    within = _is_among(f"lower({bare})", [*_NAMES, *_IN_BRACKETS, *_NOTHING])
    numbered = f"CASE WHEN right({name}, 1) BETWEEN '0' AND '9' OR ends_with({name}, ')') THEN {several} ELSE false END"
    within = f"CASE WHEN left({name}, 1) IN ('[', '<', '(') THEN {within} ELSE false END"
    remark = f"CASE WHEN contains({name}, ':') THEN regexp_matches({name}, '{_REMARK}') ELSE false END"
    return f"({plain} OR {numbered} OR {within} OR {remark})"


def _is_among(name: str, names: Sequence[str]) -> str:
    """SQL of whether a name, which has no line feed, is one of some names."""
    # One text with a name on each line: DuckDB plans every text of an IN by itself, longer than it reads a short file.
    lines = "\n".join(["", *names, ""])
    return f"contains({quoted(lines)}, chr(10) || {name} || chr(10))"
