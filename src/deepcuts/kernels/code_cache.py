"""The cache of a kernel's machine code: one file for each signature, with a checksum, and no error ever leaves it.

Numba's own cache ends the program on a damaged file, a full disk or a folder that cannot be written to. Here each of
these is a miss: the kernel is compiled, and a warning tells so once.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import pickle
import sys
from pathlib import Path

import numba
from numba.core import config
from numba.core.caching import FunctionCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from deepcuts.kernels.cache_folder import cache_folder, say_once, temporary_name

logger = logging.getLogger(__name__)

_DIGEST = hashlib.sha256().digest_size
# What machine code depends on beside the kernel, its signature and the processor, which Numba's key names.
_PROGRAMS = (sys.implementation.cache_tag, getattr(sys, "abiflags", ""), numba.__version__)
_FLAGS = ("BOUNDSCHECK", "OPT", "DEBUGINFO_DEFAULT")

not_kept: list[str] = []  # why machine code of this process could not be written


class KernelCache(FunctionCache):  # type: ignore[misc]
    """What Numba asks for the machine code of one kernel.

    Parameters
    ----------
    py_func
        The kernel before compilation.
    """

    def __init__(self, py_func):
        self._py_func = py_func  # read by Numba's _index_key

    @property
    def cache_path(self):
        """Folder of the files, as Numba tells it."""
        return str(cache_folder())

    def enable(self):
        """Do nothing: the cache is always on."""

    disable = enable

    def flush(self):
        """Forget nothing: files are written anew when kernels are compiled again."""

    def load_overload(self, sig, target_context):
        """Return what was compiled for a signature in an earlier run, or None."""
        target_context.refresh()
        kept = self._kept(sig, target_context)
        if kept is None:
            _tell_of_compiling()
        return kept

    def _kept(self, sig, target_context):
        """Read what was compiled; None where there is nothing that can be used."""
        folder = cache_folder()
        if folder is None:
            return None
        try:
            content = self._file(folder, sig, target_context.codegen()).read_bytes()
            return CompileResult._rebuild(target_context, *pickle.loads(checked(content)))
        except FileNotFoundError:
            return None
        except Exception as error:  # whatever damage leads to: a kernel can always be compiled
            say_once(f"some cannot be read ({type(error).__name__}: {error})")
            return None

    def save_overload(self, sig, data):
        """Keep what was compiled for a signature."""
        folder = cache_folder()
        if folder is None or data.library.has_dynamic_globals or any(not part.can_cache for part in data.lifted):
            return
        if getattr(data.library, "_compiled_object", data) is None:  # an interrupt came where LLVM hands it over
            return
        try:
            replace(self._file(folder, sig, data.codegen), dumps(data._reduce()))
        except Exception as error:
            not_kept.append(f"some cannot be kept ({type(error).__name__}: {error})")
            say_once(not_kept[-1])

    def _file(self, folder, sig, codegen):
        flags = tuple(getattr(config, name, None) for name in _FLAGS)
        key = repr((*self._index_key(sig, codegen), _PROGRAMS, flags))
        name = f"{self._py_func.__module__.rpartition('.')[2]}.{self._py_func.__name__}"
        return folder / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:32]}.nbc"


@functools.cache
def _tell_of_compiling() -> None:
    """Log that time goes into compiling: once a process, as one kernel follows the other."""
    logger.info("Compiling kernels: this is the first use on this machine, and takes some seconds once.")


def checked(content: bytes) -> bytes:
    """Return what a file holds below its checksum, or raise a ValueError."""
    digest, body = content[:_DIGEST], content[_DIGEST:]
    if hashlib.sha256(body).digest() != digest:
        raise ValueError("a file is damaged")
    return body


def replace(file: Path, body: bytes) -> None:
    """Write a file and its checksum in one step, so that no process reads half of it."""
    temporary = file.with_name(temporary_name(file.name))
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)  # a later version may have deleted it
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(hashlib.sha256(body).digest() + body)
        temporary.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
