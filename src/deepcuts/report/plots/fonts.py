"""Names in any script on plots: fonts that may have what the usual one lacks, and a mark for what none of them has."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

# Outlines for scripts and symbols that the usual fonts lack, as Linux, macOS and Windows have them.
_FALLBACKS = (
    "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans JP", "Noto Sans KR", "Noto Sans SC", "Source Han Sans",
    "IPAexGothic", "IPAGothic", "TakaoGothic", "VL Gothic", "NanumGothic", "Baekmuk Gulim", "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei", "Droid Sans Fallback", "Hiragino Sans", "Hiragino Sans GB", "Apple SD Gothic Neo",
    "PingFang SC", "Heiti SC", "Yu Gothic", "Meiryo", "MS Gothic", "Malgun Gothic", "Microsoft YaHei", "SimHei",
    "Noto Sans Arabic", "Noto Naskh Arabic", "Noto Kufi Arabic", "Geeza Pro", "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai", "Noto Sans Georgian", "Noto Sans Armenian",
    "Noto Sans Ethiopic", "Noto Sans Symbols", "Noto Sans Symbols 2", "Noto Emoji", "Symbola", "Segoe UI",
    "Segoe UI Symbol", "Apple Symbols", "FreeSans", "FreeSerif", "Unifont", "Arial Unicode MS",
)  # fmt: skip
_UNKNOWN = "\ufffd"


def families() -> list[str]:
    """Families of fonts to draw names in: the usual ones, then others that are there, for what these lack."""
    from matplotlib import rcParams
    from matplotlib.font_manager import get_font_names

    usual: Sequence[str] = rcParams["font.family"]
    there = set(get_font_names())
    return [*usual, *(name for name in _FALLBACKS if name in there and name not in usual)]


def drawable(name: str) -> str:
    """A name without what cannot be seen, and with a mark for each character that none of these fonts has."""
    seen = [c for c in name if unicodedata.category(c) != "Cf" and not "\ufe00" <= c <= "\ufe0f"]
    if all(c.isascii() for c in seen):
        return "".join(seen)
    from matplotlib.font_manager import FontProperties, findfont

    known = [_characters(findfont(FontProperties(family=[family]))) for family in families()]
    return "".join(c if any(ord(c) in each for each in known) else _UNKNOWN for c in seen)


@cache
def _characters(path: str) -> frozenset[int]:
    """Code points of the characters of a font."""
    from matplotlib.font_manager import get_font

    return frozenset(get_font(path).get_charmap())
