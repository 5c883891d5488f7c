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
    whose = rf"regexp_extract({bare}, '^(.*\S)\s+({'|'.join(_ENDINGS)})$', 1)"
    parts = f"""
        (SELECT *, {bare} AS bare, {bare} IN ({listed_texts([*_TOTALS, *_MEANS, *_COUNTS, *_PARTS])}) AS is_named,
                {bare} IN ({listed_texts(_PARTS)})
                OR ({whose} <> '' AND {whose} IN (SELECT lower(trim(artist)) FROM raw)) AS is_part FROM raw)"""
    return f"(SELECT * EXCLUDE (bare, is_named, is_part), {_why()} AS dropped FROM {parts})"


def _why() -> str:
    """SQL of why a row is no artist: it holds what its name says of the others."""
    others = "FILTER (WHERE problem IS NULL AND filled(artist) IS NOT NULL AND NOT is_named AND NOT is_part) OVER ()"
    total, n_others = f"sum(number) {others}", f"count(number) {others}"
    return f"""
        CASE WHEN {_of_another_table()} THEN 'of another table below the first'
             WHEN regexp_full_match(trim(artist) || trim(plays), '[-:=+_ ]+') THEN 'a line between rows'
             WHEN is_part THEN 'a sum of other rows'
             WHEN bare IN ({listed_texts(_TOTALS)}) AND {n_others} > 0 AND number >= {total} * (1 - 1e-6)
             THEN 'a sum of other rows'
             WHEN bare IN ({listed_texts(_MEANS)}) AND abs(number - {total} / {n_others}) <= 0.51
             THEN 'a mean of other rows'
             WHEN bare IN ({listed_texts(_COUNTS)}) AND number = {n_others} THEN 'a count of other rows' END"""


def _of_another_table() -> str:
    """SQL of whether the last header at or above a row, if there is one within the table, does not name artists."""
    plays = f"lower(trim(plays)) IN ({listed_texts(sorted(words.PLAYS))})"
    again = f"lower(trim(artist)) IN ({listed_texts(sorted(words.ARTIST))})"
    kind = f"CASE WHEN {plays} AND number IS NULL THEN {again} END"
    last = f"last_value({kind} IGNORE NULLS) OVER (ORDER BY row ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    return f"(NOT coalesce({last}, true) OR coalesce({kind}, false))"
