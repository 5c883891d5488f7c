"""Weights of the loss that depend on how much was observed; training and fold-in scale them alike."""

from __future__ import annotations

import numpy as np

from deepcuts.model.blocks import over_blocks
from deepcuts.model.training.scale import Scale
from deepcuts.model.training.settings import PersonaSettings


def frequency_ridge(regularization: float, weights: np.ndarray, unobserved: float, exponent: float) -> np.ndarray:
    """ρ = λ (observed weight + unobserved weight) ** ν of every row, float32 (Rendle et al. 2022).

    Parameters
    ----------
    regularization
        λ.
    weights
        Observed weight of every row, (n_rows,).
    unobserved
        Unobserved weight of a row: w0 times the number of rows of the other side.
    exponent
        ν.
    """
    ridge: np.ndarray = regularization * (weights + unobserved) ** exponent
    return ridge.astype(np.float32)


def base_ridge(weights: np.ndarray, scale: Scale, settings: PersonaSettings) -> np.ndarray:
    """Ridge of the base vector of users with these observed weights, float32, (n_users,)."""
    unobserved = scale.w0 * scale.n_items
    return frequency_ridge(settings.user_regularization, weights, unobserved, settings.frequency_exponent)


def weighted_square(weights: np.ndarray, factors: np.ndarray) -> float:
    """Σ_i w_i ‖f_i‖²."""

    def of_block(rows: slice) -> float:
        return float(weights[rows].astype(np.float64) @ np.einsum("ij,ij->i", factors[rows], factors[rows]))

    return sum(over_blocks(of_block, len(factors)))
