"""What components in the browser send has a handler on the server, under the same name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import deepcuts.web.page

PAGE = Path(deepcuts.web.page.__file__).parent
COMPONENTS = [path for path in sorted(PAGE.rglob("*.js")) if "emits:" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("component", COMPONENTS, ids=[path.stem for path in COMPONENTS])
def test_every_event_is_declared_sent_and_handled(component):
    script, section = component.read_text(encoding="utf-8"), component.with_suffix(".py").read_text(encoding="utf-8")
    declared = set(re.findall(r'"(\w+)"', re.search(r"emits: \[(.*?)\]", script).group(1)))
    assert set(re.findall(r"""\$emit\(["'](\w+)["']""", script)) == declared
    handled = set(re.findall(r"\.on\(\"(\w+)\", self\._on_", section))
    assert handled == declared


def test_all_components_that_send_events_are_checked():
    names = ["layout", "atlas", "finder", "listing", "memory", "persona_cards", "share", "toast", "tray"]
    assert [path.stem for path in COMPONENTS] == names
