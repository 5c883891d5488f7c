"""Streams of random numbers against the same arithmetic on Python's own integers."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from deepcuts.kernels import random_streams as streams
from reference import sampling as reference

WORDS = st.integers(0, reference.MASK)


@given(WORDS)
@example(0)
@example(reference.MASK)
def test_bits_are_scrambled_as_published(bits: int) -> None:
    with np.errstate(over="ignore"):
        assert int(streams.scramble(np.uint64(bits))) == reference.scramble(bits)


@given(WORDS, st.integers(0, 2**40))
@example(reference.MASK, 1)
def test_numbers_of_a_stream_lie_between_zero_and_one(stream: int, counter: int) -> None:
    with np.errstate(over="ignore"):
        number = float(streams.uniform(np.uint64(stream), counter))
    bits = reference.scramble((stream + counter * reference.GOLDEN) & reference.MASK)
    assert number == ((bits >> 12) + 0.5) / 2**52
    assert 0 < number < 1
