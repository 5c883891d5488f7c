"""The page of all commands, written by typer from the program itself before the site is built."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PAGE = "reference/commands.md"


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the page when a build begins."""
    app.connect("builder-inited", lambda app: write_page(Path(app.srcdir) / PAGE))
    return {"parallel_read_safe": True}


def write_page(path: Path) -> None:
    """Ask typer for the commands as Markdown, and show their examples as what one types."""
    command = [sys.executable, "-m", "typer", "deepcuts.cli.program", "utils", "docs"]
    title = ["--name", "deepcuts", "--title", "Commands"]
    text = subprocess.run([*command, *title], check=True, capture_output=True, text=True, encoding="utf-8").stdout
    written = with_examples(text)
    if not path.exists() or path.read_text(encoding="utf-8") != written:
        path.write_text(written, encoding="utf-8")


def with_examples(text: str) -> str:
    """Put the lines below the word Examples, which the terminal shows in bold, into blocks of their own."""

    def block(found: re.Match[str]) -> str:
        lines = "\n".join(f"$ {line}" for line in found[1].strip().splitlines())
        return f"**Examples**:\n\n```console\n{lines}\n```\n"

    return re.sub(r"\[bold\]Examples\[/bold\]\n((?:.+\n)+)", block, text)
