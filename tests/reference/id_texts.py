"""What may be an id, and the text that it has, written without any of the code under test."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)
WHOLE = st.integers(-(2**63), 2**64 - 1)
DECIMALS = st.decimals(-(10**20), 10**20, allow_nan=False, places=6)
FLOATS = st.integers(-(2**53) + 1, 2**53 - 1).map(float)
IDS = st.one_of(TEXT.filter(lambda text: text.strip() != ""), WHOLE, DECIMALS, FLOATS, st.uuids())


def expected(value: object) -> str:
    """The text of an id."""
    if isinstance(value, float):
        return f"{value + 0.0:.0f}"
    if isinstance(value, Decimal):
        digits, _, fraction = f"{value:f}".partition(".")
        fraction = fraction.rstrip("0")
        text = f"{digits}.{fraction}" if fraction else digits
        return "0" if text == "-0" else text
    return str(value)
