"""What is wrong with how an input was taken: any exception but those of deepcuts, a long message, a hang."""

from __future__ import annotations

import re
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

from deepcuts.errors import DeepcutsError
from faults.limits import time_limit

MOST_SECONDS, MOST_BYTES = 10.0, 2_048

HANG = "hang"

Target = Callable[[bytes, Path], None]


def outcome(feed: Target, data: bytes, folder: Path) -> tuple[str, str | None]:
    """Feed an input to a target.

    Returns
    -------
    The kind of its end, which does not depend on the values in the input, and what is wrong with it; None for nothing.
    """
    end = _end(feed, data, folder)
    return _end(feed, data, folder) if end[0] == HANG else end  # the first of all may have had kernels to compile


def _end(feed: Target, data: bytes, folder: Path) -> tuple[str, str | None]:
    try:
        with time_limit(MOST_SECONDS) as over, warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                feed(data, folder)
            except Exception as error:
                raise (TimeoutError() if over.is_set() else error) from None
    except DeepcutsError as error:
        length = len(str(error).encode("utf-8", "replace"))
        kind = f"{type(error).__name__}: {_without_values(str(error))}"
        return kind, f"a message of {length:,} bytes" if length > MOST_BYTES else None
    except TimeoutError:
        return HANG, f"more than {MOST_SECONDS:g} s"
    except Exception as error:
        return f"{type(error).__name__} in {_place(error)}", "".join(traceback.format_exception(error))[-3_000:]
    return "taken", None


def _without_values(message: str) -> str:
    return re.sub(r"'[^']*'|\"[^\"]*\"|[\d,.]+|\S*/\S*", "…", message)[:100]


def _place(error: Exception) -> str:
    """The innermost function of deepcuts in a traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "deepcuts" in Path(frame.filename).parts] or frames
    return f"{Path(own[-1].filename).name}, {own[-1].name}"
