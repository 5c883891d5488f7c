"""Weights of the loss that depend on how much was observed; training and fold-in scale them alike."""

from __future__ import annotations

import numpy as np

from deepcuts.interactions import Interactions
from deepcuts.model.settings import PersonaSettings


def unobserved_weight(ratio: float, observed: float, plays: Interactions) -> float:
    """w0, the weight of a pair that was not observed: ratio · Σ c / (users · items)."""
    return ratio * observed / (plays.n_users * plays.n_items)


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


def base_ridge(weights: np.ndarray, w0: float, n_items: int, settings: PersonaSettings) -> np.ndarray:
    """Ridge of the base vector of users with these observed weights, float32, (n_users,)."""
    return frequency_ridge(settings.user_regularization, weights, w0 * n_items, settings.frequency_exponent)


def weighted_square(weights: np.ndarray, factors: np.ndarray) -> float:
    """Σ_i w_i ‖f_i‖²."""
    return float(weights.astype(np.float64) @ np.einsum("ij,ij->i", factors, factors))
