"""`deepcuts warmup`: all kernels compiled before they are needed."""

from __future__ import annotations

import time

from deepcuts.cli.command import Command
from deepcuts.cli.options import Json, Quiet
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import show_json
from deepcuts.wording import counted


def warmup(json: Json = False, quiet: Quiet = False) -> None:
    """Compile what training, lists and the service run, so that first use does not wait for it.

    It takes half a minute once, and some seconds where all is compiled. The machine code is kept in the folder that
    NUMBA_CACHE_DIR names, or else beside the package or in the home folder. Where it cannot be kept, the exit status
    is 1.
    """
    from deepcuts.warm_up import STEPS, warm_up

    remarks, start = Remarks(quiet), time.monotonic()
    with remarks.bar("Compiling kernels", len(STEPS)) as advance:
        folder = warm_up(lambda step: advance(1, step))
    kernels = list(folder.glob("*.nbc"))
    n_bytes = sum(file.stat().st_size for file in kernels)
    if json:
        show_json({"folder": str(folder), "n_kernels": len(kernels), "bytes": n_bytes})
        return
    seconds = time.monotonic() - start
    remarks.say(
        f"Done in {seconds:.0f} s: {counted(len(kernels), 'kernel')}, {n_bytes / 1e6:.1f} MB, are kept in {folder}."
    )


EXAMPLES = (
    "deepcuts warmup",
    "deepcuts warmup --json",
)

COMMAND = Command("warmup", warmup, EXAMPLES, "Serve")
