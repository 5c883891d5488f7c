"""The one decorator of all kernels: compiled by Numba without the interpreter's lock, and kept between runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from numba import njit

from deepcuts.kernels.code_cache import KernelCache
from deepcuts.kernels.parallel_regions import guard_regions


class ParallelKernelCache(KernelCache):
    """The cache of a kernel with a parallel loop, which is linked to the guard of such loops."""

    def load_overload(self, sig, target_context):
        """Return what was compiled in an earlier run, or None, with the guard in force either way."""
        guard_regions()
        return super().load_overload(sig, target_context)


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function on its first call, as `numba.njit` does, whose further options these are."""

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        dispatcher: Any = njit(nogil=True, **options)(function)
        if hasattr(dispatcher, "enable_caching"):  # not where the JIT is off
            dispatcher._cache = (ParallelKernelCache if options.get("parallel") else KernelCache)(function)
        return cast(Callable[..., Any], dispatcher)

    return compiled
