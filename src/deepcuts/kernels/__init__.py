"""Numba kernels: arrays in, arrays out."""

from pathlib import Path

from deepcuts.kernels.stale_cache import drop_stale_cache

drop_stale_cache(Path(__file__).parent)
