"""Whatever can be pressed, switched, rated or loaded on a page: found by walking, and pressed again elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from streamlit.testing.v1 import AppTest

from tests.campaign.dashboard import turn, visitor

BUTTON, SWITCH, STARS, FILE = "button", "switch", "stars", "file"
CHANGING = re.compile(r"[0-9a-f]{8,}|\d+")
RATINGS = b"title,rating\nToy Story (1995),4\nAlien (1979),5\nNo such film (1901),3\n"


@dataclass(frozen=True)
class Deed:
    """One thing to do: its kind, and the key of its control, or its label where it has none."""

    kind: str
    key: str

    @property
    def alike(self) -> tuple[str, str]:
        """The same for controls that differ in a number, an id or a film alone, which stand behind a hyphen."""
        return self.kind, CHANGING.sub("#", self.key.split("-")[0])

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


@dataclass(frozen=True)
class Path:
    """How to come to a control: the page, what its link names, and the deeds, the last of which is meant."""

    page: str
    link: tuple[tuple[str, str], ...]
    actions: tuple[Deed, ...]

    def __str__(self) -> str:
        return f"{self.page}: {', then '.join(map(str, self.actions)) or 'open'}"


def deeds_of(app: AppTest) -> Iterator[Deed]:
    """All that can be done on the page as it is now."""
    for each in app.button:
        if not each.disabled:
            yield Deed(BUTTON, each.key or each.label)
    for each in (*app.toggle, *app.checkbox):
        if not each.disabled and each.key:
            yield Deed(SWITCH, each.key)
    for each in app.feedback:
        if not each.disabled and each.key:
            yield Deed(STARS, each.key)
    for each in app.file_uploader:
        if each.key:
            yield Deed(FILE, each.key)


def do(app: AppTest, action: Deed, run_zip: Callable[[], bytes]) -> list[str] | None:
    """Do it and run the page: what ended it, see `dashboard.turn`; None where there is no such control (any more)."""
    if action.kind == BUTTON:
        found = [each for each in app.button if (each.key or each.label) == action.key and not each.disabled]
        if not found:
            return None
        found[0].click()
    elif action.kind == SWITCH:
        found = [each for each in (*app.toggle, *app.checkbox) if each.key == action.key]
        if not found:
            return None
        found[0].set_value(not found[0].value)
    elif action.kind == STARS:
        found = [each for each in app.feedback if each.key == action.key]
        if not found:
            return None
        found[0].set_value(3)
    else:
        found = [each for each in app.file_uploader if each.key == action.key]
        if not found:
            return None
        of_run = "run" in found[0].label.lower()
        found[0].upload("run.zip" if of_run else "ratings.csv", run_zip() if of_run else RATINGS)
    return turn(app)


def arrive(path: Path, run_zip: Callable[[], bytes]) -> AppTest | None:
    """A new visitor who has done all but the last deed; None where one of them cannot be done."""
    app = visitor(path.page, **dict(path.link))
    if turn(app):
        return None
    for action in path.actions[:-1]:
        troubles = do(app, action, run_zip)
        if troubles is None or troubles:
            return None
    return app
