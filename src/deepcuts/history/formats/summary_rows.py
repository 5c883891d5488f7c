"""Rows of a table of plays that are no artists: sums, means and counts of other rows, and the rows of a second table.

What such a row is called is not enough, as bands are called Total and Count Basie: it has to hold what its name says.
"""

from __future__ import annotations

from deepcuts.history import column_words as words
from deepcuts.ingest.tabular.database import listed_texts


def _texts(listed: str) -> list[str]:
    return [text.strip() for text in listed.replace("\n", " ").split("|")]


_TOTALS = _texts("""
    total|totals|grand total|overall total|sum|sum total|total plays|total scrobbles|total listens|total streams|
    sum of plays|total count|all|all artists|overall|σ|∑|gesamt|gesamtsumme|gesamtergebnis|summe|insgesamt|
    total général|
    total general|somme|ensemble|totale|totale complessivo|totale generale|somma|totaal|eindtotaal|totalt|totalsumma|
    suma|suma total|soma|total geral|razem|suma końcowa|celkem|celkový součet|összesen|végösszeg|toplam|genel toplam|
    yhteensä|kokonaissumma|hovedtotal|i alt|всего|итого|общий итог|разом|усього|σύνολο|γενικό σύνολο|合計|総計|总计|
    總計|合计|총합계|합계
""")
_MEANS = _texts("""
    average|avg|mean|durchschnitt|mittelwert|moyenne|media|promedio|média|gemiddelde|medel|среднее|平均|평균
""")
_COUNTS = _texts("count|number of artists|artists|n|anzahl|nombre|cantidad|conteggio|aantal|количество|件数")
_PARTS = _texts("subtotal|sub total|sub-total|zwischensumme|sous-total|subtotale|subtotaal|delsumma|小計|小计")
_ENDINGS = ["total", "totals", "subtotal", "ergebnis", "summe", "somme", "totale", "totaal", "итог"]


def without_summaries() -> str:
    """SQL of what stands after FROM: the rows of `raw`, with why a row is no artist (`dropped`)."""
    bare = r"rtrim(lower(regexp_replace(trim(artist), '^[*_\s=]+|[*_\s=]+$', '', 'g')), ' :')"
    # "Muse Total", as spreadsheets write below the rows of Muse.
    whose = rf"regexp_extract(bare, '^(.*\S)\s+({'|'.join(_ENDINGS)})$', 1)"
    parts = f"""
        (SELECT *, bare IN ({listed_texts([*_TOTALS, *_MEANS, *_COUNTS, *_PARTS])}) AS is_named,
                bare IN ({listed_texts(_PARTS)})
                OR (whose <> '' AND whose IN (SELECT lower(trim(artist)) FROM raw)) AS is_part
         FROM (SELECT *, {whose} AS whose FROM (SELECT *, {bare} AS bare FROM raw)))"""
    return f"""
        (WITH parts AS MATERIALIZED {parts},
              others AS (SELECT coalesce(sum(number), 0) AS total, count(number) AS n_others FROM parts
                         WHERE problem IS NULL AND filled(artist) IS NOT NULL AND NOT is_named AND NOT is_part),
              headers AS ({_headers()})
         SELECT parts.* EXCLUDE (bare, whose, is_named, is_part), {_WHY} AS dropped
         FROM parts CROSS JOIN others ASOF LEFT JOIN headers ON parts.row >= headers.header)"""


# Why a row is no artist: it holds what its name says of the others, or the last header above it is of something else.
_WHY = f"""
    CASE WHEN header = row OR NOT coalesce(of_artists, true) THEN 'of another table below the first'
         WHEN left(trim(plays), 1) IN ('-', ':', '=', '+', '_')
              AND regexp_full_match(trim(artist) || trim(plays), '[-:=+_ ]+')
         THEN 'a line between rows'
         WHEN is_part THEN 'a sum of other rows'
         WHEN is_named AND bare IN ({listed_texts(_TOTALS)}) AND n_others > 0 AND number >= total * (1 - 1e-6)
         THEN 'a sum of other rows'
         WHEN is_named AND bare IN ({listed_texts(_MEANS)}) AND abs(number - total / n_others) <= 0.51
         THEN 'a mean of other rows'
         WHEN is_named AND bare IN ({listed_texts(_COUNTS)}) AND number = n_others THEN 'a count of other rows' END"""


def _headers() -> str:
    """SQL of the rows that name columns again: their numbers, and whether the first of these is of artists."""
    return f"""
        SELECT row AS header, lower(trim(artist)) IN ({listed_texts(sorted(words.ARTIST))}) AS of_artists FROM raw
        WHERE number IS NULL AND lower(trim(plays)) IN ({listed_texts(sorted(words.PLAYS))})"""
