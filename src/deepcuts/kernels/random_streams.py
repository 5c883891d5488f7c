"""Random numbers as a pure function of a name and a counter, so that no thread and no order matters."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.compiling import kernel

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@kernel()
def scramble(bits):
    """Finaliser of SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@kernel()
def uniform(stream, counter):
    """Return the `counter`-th number of a stream, strictly between 0 and 1."""
    bits = scramble(stream + np.uint64(counter) * GOLDEN)
    return (np.float64(bits >> np.uint64(12)) + 0.5) * 2.0**-52  # the half keeps 0 out, so that its logarithm is finite
