"""Adjusted mutual information: how far two ways to divide the same things agree, beyond what chance does.

With n_ij things in part i of the one and part j of the other, a_i and b_j the sizes of the parts, N things::

    MI  = Σ_ij n_ij / N · ln(N n_ij / (a_i b_j))
    AMI = (MI − E[MI]) / ((H(a) + H(b)) / 2 − E[MI])

E[MI] is the mean over all ways to deal out the same sizes, where n_ij is hypergeometric (Vinh, Epps, Bailey 2010,
"Information theoretic measures for clusterings comparison", JMLR 11, equations 24 and 25). 1 is the same division under
whatever names, 0 what chance gives.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from deepcuts.array_types import CountVector, NumberMatrix, NumberVector


def adjusted_mutual_information(first: NumberVector, second: NumberVector) -> float:
    """Adjusted mutual information of two divisions, normalised by the mean of their entropies.

    Parameters
    ----------
    first, second
        Integers, (n,): the part that each thing belongs to in either division; n is at least 1.

    Returns
    -------
    float
        At most 1, about 0 by chance; 1 if both divisions have a single part.
    """
    counts = _contingency(first, second)
    a, b = counts.sum(axis=1), counts.sum(axis=0)
    information, expected = _information(counts, a, b), _expected_information(a, b)
    largest = (_entropy(a) + _entropy(b)) / 2 - expected
    if abs(largest) < 1e-12:  # both are one part, or each thing is a part of its own in both
        return 1.0
    return float((information - expected) / largest)


def _contingency(first: NumberVector, second: NumberVector) -> NumberMatrix:
    """Count the things in each pair of parts, n_ij."""
    rows, row = np.unique(first, return_inverse=True)
    columns, column = np.unique(second, return_inverse=True)
    return np.bincount(row * len(columns) + column, minlength=len(rows) * len(columns)).reshape(len(rows), len(columns))


def _information(counts: NumberMatrix, a: CountVector, b: CountVector) -> float:
    """Σ_ij n_ij / N · ln(N n_ij / (a_i b_j))."""
    n = a.sum()
    ratios = np.where(counts > 0, n * counts / np.outer(a, b), 1)
    return float(np.sum(counts / n * np.log(ratios)))


def _expected_information(a: CountVector, b: CountVector) -> float:
    """Mean of the mutual information over all divisions with these sizes."""
    n = int(a.sum())
    a, b = a[:, None, None], b[None, :, None]
    together = np.arange(1, max(int(a.max()), int(b.max())) + 1)[None, None, :]
    possible = (together >= a + b - n) & (together <= np.minimum(a, b))
    cell = np.where(possible, together, np.maximum(1, a + b - n))  # any possible value: its term is left out below
    ways = [a, b, n - a, n - b]
    # Logarithm of the hypergeometric chance of n_ij = cell: factorials of a large n would overflow.
    chance = sum(gammaln(x + 1) for x in ways) - sum(
        gammaln(x + 1) for x in (np.int64(n), cell, a - cell, b - cell, n - a - b + cell)
    )
    terms = cell / n * np.log(n * cell / (a * b)) * np.exp(chance)
    return float(np.sum(terms, where=possible))


def _entropy(sizes: CountVector) -> float:
    shares = sizes / sizes.sum()
    return float(-np.sum(shares * np.log(shares)))
