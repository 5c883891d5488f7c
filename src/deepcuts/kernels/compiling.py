"""The one decorator of all kernels: compiled by Numba without the interpreter's lock, and kept between runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, cast

from numba import njit
from numba.core.compiler_lock import global_compiler_lock

from deepcuts.kernels.code_cache import KernelCache

# What is not used takes time to compile: checks for divisions by 0, which give inf or NaN as in NumPy instead, and an
# entry for programs in C.
_LEAN = {"error_model": "numpy", "no_cfunc_wrapper": True}


def kernel(*, allocates: bool = False, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function on its first call, as `numba.njit` does.

    Parameters
    ----------
    allocates
        Whether it makes arrays. Others take what they need as arguments: they are compiled sooner, and slices of their
        arguments, which whoever calls them keeps, cost no counting of references.
    options
        Further ones of `numba.njit`.
    """

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        dispatcher: Any = njit(nogil=True, _nrt=allocates, **_LEAN, **options)(function)
        if hasattr(dispatcher, "enable_caching"):  # not where the JIT is off
            dispatcher._cache = KernelCache(function)
        return cast(Callable[..., Any], dispatcher)

    return compiled


def kernel_entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark what is called in place of a kernel, to make its work arrays or to run it in threads; types are as of it."""
    return function


if hasattr(os, "register_at_fork"):
    os.register_at_fork(  # no thread is in the compiler while the process is copied: its lock would stay taken
        before=global_compiler_lock.acquire,
        after_in_parent=global_compiler_lock.release,
        after_in_child=global_compiler_lock.release,
    )
