"""The dashboard as a visitor meets it, without a browser: pages of a home are opened by AppTest, and what they show is judged."""

from __future__ import annotations

import logging
import os
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamlit.logger import get_logger
from streamlit.testing.v1 import AppTest

from tests.campaign.product import APP, forget, variables

PATIENCE = 30  # seconds for one turn of a page
CHANGING = re.compile(r"/[\w./-]*collab-campaign-[\w./-]+|\b[0-9a-f]{8}\b")  # places and ids of one case
OURS = tuple(str(APP.parent / name) for name in ("collab", "pages"))


class _Listener(logging.Handler):
    """Keeps the exceptions that ended a script: a page itself shows no details of them."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.heard.append(record.exc_info[1])


_listener = _Listener()
_log = get_logger("streamlit.error_util")  # where Streamlit reports them


@contextmanager
def serving(home: Path, data_folders: str | None = None) -> Iterator[None]:
    """A server that was started anew on `home`."""
    before = Path.cwd()
    with variables(COLLAB_HOME=str(home), COLLAB_DATA=data_folders, COLLAB_DATABASE=None):
        handlers, _log.handlers = _log.handlers, [_listener]
        os.chdir(APP.parent)
        forget()
        try:
            yield
        finally:
            forget()
            os.chdir(before)
            _log.handlers = handlers


def visitor(page: str, **link: str) -> AppTest:
    """Somebody new who has opened a page by its link; the page has not run yet."""
    app = AppTest.from_file(str(APP), default_timeout=PATIENCE)
    for name, value in link.items():
        app.query_params[name] = value
    return app.switch_page(f"pages/{page}.py")


def link_of(app: AppTest, name: str) -> str:
    """What the page's link says now; "" where it does not name that."""
    value = app.query_params.get(name, "")
    return value if isinstance(value, str) else value[-1]


def cause(reason: BaseException) -> str:
    """An exception as "Kind: message at file:line", the line being the last one of Collab's own."""
    frames = [each for each in traceback.extract_tb(reason.__traceback__) if each.filename.startswith(OURS)]
    where = f" at {Path(frames[-1].filename).relative_to(APP.parent)}:{frames[-1].lineno}" if frames else ""
    lines = CHANGING.sub("…", str(reason)).strip().splitlines()
    return f"{type(reason).__name__}: {lines[0][:100] if lines else ''}{where}"


def turn(app: AppTest) -> list[str]:
    """Run the page once; what ended it, see `cause`. A page that does not come to its end counts too."""
    _listener.heard.clear()
    try:
        app.run()
    except Exception as reason:  # AppTest's own word for a script that takes too long, or a control that cannot be
        return [cause(reason)]
    return [cause(each) for each in _listener.heard] or [each.message for each in app.exception]


def troubles(app: AppTest) -> list[str]:
    """What the page says is wrong."""
    return [each.value for each in (*app.error, *app.warning)]


def said(app: AppTest) -> str:
    """All that the page says in boxes."""
    return " ".join(each.value for each in (*app.error, *app.warning, *app.info, *app.success))


def ways_on(app: AppTest) -> int:
    """Buttons, links and progress in the page's main part: what somebody can do, or wait for."""
    return sum(len(app.main.get(kind)) for kind in ("button", "page_link", "progress", "link_button"))
