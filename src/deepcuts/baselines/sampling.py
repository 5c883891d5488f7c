"""Stochastic gradient descent: epochs with named random numbers and shrinking steps, from random vectors."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

import numpy as np

from deepcuts.array_types import AnyArray
from deepcuts.errors import SettingsError

logger = logging.getLogger(__name__)

RunEpoch = Callable[[np.random.Generator, np.uint64, np.float32], float]


def descend(name: str, n_epochs: int, learning_rate: float, seed: int, run_epoch: RunEpoch) -> tuple[float, ...]:
    """Run epochs with steps that shrink evenly to nothing, so that the noise of sampling dies out.

    Parameters
    ----------
    name
        Of what is learned, for the log; it names the random numbers together with the seed.
    n_epochs, learning_rate
        How many, and the length of the first step.
    seed
        Names the random numbers.
    run_epoch
        Called with a generator for the order of the epoch, the name of its stream and its length of step; it returns
        the mean loss of the epoch's samples.

    Returns
    -------
    The mean loss of every epoch.

    Raises
    ------
    SettingsError
        If the steps are so long that the loss is not finite.
    """
    losses = []
    for epoch in range(n_epochs):
        key = (*name.encode(), seed, epoch)  # every epoch has its own numbers, and so has each stage
        rng = np.random.default_rng(key)
        rate = np.float32(learning_rate * (1 - epoch / n_epochs))  # the last epoch still has a step, of 1 / n_epochs
        losses.append(run_epoch(rng, stream_name(key), rate))
        if not math.isfinite(losses[-1]):
            raise SettingsError(
                f"learning_rate is {learning_rate:g}, and training diverged in epoch {epoch + 1} of the {name}. "
                "Pass a smaller one."
            )
        logger.info("%s, epoch %d of %d: loss %.5f", name, epoch + 1, n_epochs, losses[-1])
    return tuple(losses)


def stream_name(key: tuple[int, ...]) -> np.uint64:
    """Name a stream after whole numbers at or above 0."""
    return np.uint64(np.random.SeedSequence(key).generate_state(1, np.uint64)[0])


def random_vectors(rng: np.random.Generator, *shape: int) -> AnyArray:
    """Normal numbers with mean 0 and standard deviation 1 / √n_factors, n_factors the last of `shape`, float32."""
    vectors: AnyArray = rng.standard_normal(shape, np.float32) / np.float32(np.sqrt(shape[-1]))
    return vectors
