"""Freedoms that kernels give the compiler in floating-point arithmetic; never all of LLVM's."""

from __future__ import annotations

# Sums in any order ("reassoc"), fused multiply-adds ("contract"), zeros without a sign ("nsz"), a reciprocal instead of
# a division ("arcp"). NaN and infinity keep their meaning: floors are −inf, and bad input must show.
FASTMATH = {"reassoc", "contract", "nsz", "arcp"}
