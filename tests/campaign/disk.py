"""Disks that are full, read-only or gone, met at every button that writes.

The pages are walked on a sound disk: everything that can be pressed, switched, rated or loaded is, once, and what writes below
the home is noted. Then each of these is done again on a disk of every broken kind. There must be no traceback; the page must say
what happened and what to do; and once the disk is fine, the same press must work. Every page is opened on a disk that broke while
the server ran, and on one that was broken when it started. A training must end properly whichever of its writes fails first."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path as Folder

from streamlit.testing.v1 import AppTest

from tests.campaign import forging
from tests.campaign.broken_disk import KINDS, failing, listing, small_disk
from tests.campaign.buttons import SWITCH, Path, arrive, deeds_of, do
from tests.campaign.dashboard import cause, said, serving, turn, visitor
from tests.campaign.product import (
    PAGES,
    QUICK,
    SAMPLE,
    CollabError,
    RunStore,
    begin_jobs,
    carry_out,
    environment_of,
    forget,
    noted,
    planned,
    train,
)
from tests.campaign.report import Clock, Figure

MINUTES = 15
MOST_DEEDS = 3  # in one path
HAPPENED = re.compile(r"disk|space|full|writ|read-only|storage|folder|home|saved|stored", re.I)
TO_DO = re.compile(r"free|room|again|check|mount|choose|press|ask|make|once|later", re.I)
Breaker = Callable[[Folder, str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Home:
    """A prepared home with several runs: copied for every case."""

    folder: Folder
    run: str
    sealed: str
    plain: str

    @property
    def zip(self) -> bytes:
        return forging.pack(forging.read(self.folder / "runs" / self.run))

    def starts(self, pages: Iterable[str] = PAGES) -> list[Path]:
        """Where walks begin: every page on a run that it serves, some on others too."""
        links = [(page, self.run) for page in pages]
        links += [(page, self.sealed) for page in pages if page in ("train", "runs")]
        links += [(page, self.plain) for page in pages if page in ("map", "biases", "similar", "people", "train")]
        return [Path(page, (("data", SAMPLE), ("run", run)), ()) for page, run in links]


def prepare(folder: Folder) -> Home:
    """A run of the default model, one with sealed rows, one of a model that most pages cannot serve, and a deleted one."""
    run = train(folder)
    store = RunStore(folder)
    sealed = planned("dot-bias", "fast", **QUICK)
    sealed = type(sealed)(**{**vars(sealed), "holdout": "random:0.2+sealed:0.1"})
    owner, lock = store.claim()
    sealed = carry_out(noted(store, sealed, owner), store, environment_of(folder))
    lock.release()
    plain, gone = train(folder, "mean", "fast"), train(folder, "bias", "fast")
    store.delete(gone)
    return Home(folder, run, sealed.id, plain)


# --- which deeds write -------------------------------------------------------------------------------------------------------


def walk(home: Home, starts: Iterable[Path], clock: Clock, most_deeds: int = MOST_DEEDS) -> tuple[list[Path], int]:
    """The paths whose last deed writes below the home, each control once; and how many controls there were."""
    waiting, seen, writing = list(starts), set(), []
    for start in waiting:
        if clock.is_over:
            break
        with a_copy(home.folder) as folder, serving(folder):
            begin_jobs()
            app = visitor(start.page, **dict(start.link)) if not start.actions else arrive(start, lambda: home.zip)
            if app is None:
                continue
            if not start.actions:
                turn(app)
            else:
                turn(app)
                with listing(folder) as idle:
                    turn(app)
                with listing(folder) as written:
                    troubles = do(app, start.actions[-1], lambda: home.zip)
                if troubles is None:
                    continue
                if {_alike(path, folder) for path in written} - {_alike(path, folder) for path in idle}:
                    writing.append(start)
            found = list(deeds_of(app))
        for action in found:
            if action.alike not in seen and len(start.actions) < most_deeds:
                seen.add(action.alike)
                waiting.append(Path(start.page, start.link, (*start.actions, action)))
    return writing, len(seen)


def _alike(path: str, folder: Folder) -> str:
    return re.sub(r"[0-9a-f]{8,}", "#", path.removeprefix(str(folder)))


def a_copy(folder: Folder) -> tempfile.TemporaryDirectory:
    """A temporary copy of a home, as a context."""
    return _Copy(folder)


class _Copy(tempfile.TemporaryDirectory):
    def __init__(self, folder: Folder) -> None:
        super().__init__(prefix="collab-campaign-", ignore_cleanup_errors=True)
        self.folder = folder

    def __enter__(self) -> Folder:
        home = Folder(super().__enter__()) / "home"
        shutil.copytree(self.folder, home)
        return home


# --- on a broken disk --------------------------------------------------------------------------------------------------------


def new_figures(how: str, kinds: Iterable[str] = KINDS) -> dict[str, Figure]:
    figures = {kind: Figure(f"tracebacks on a disk that is {kind} ({how})") for kind in kinds}
    figures["unsaid"] = Figure(f"broken disks that a press does not tell of, or not what to do ({how})")
    figures["after"] = Figure(f"presses that fail once the disk is fine again ({how})")
    return figures


def press(path: Path, kind: str, home: Home, folder: Folder, broken: Breaker, figures: dict[str, Figure]) -> None:
    """Do the path's last deed on a disk of that kind, and again on a sound one. `folder` holds a copy of the home."""
    with serving(folder):
        begin_jobs()
        app = arrive(path, lambda: home.zip)
        if app is None:
            return
        before, there = said(app), _names(folder)
        with broken(folder, kind):
            troubles = do(app, path.actions[-1], lambda: home.zip)
        if troubles is None:
            return
        worked = not troubles and _names(folder) != there  # what only moves and removes may work on a full disk
        case = f"{path}, disk {kind}"
        figures[kind].add(*(f"{each} ⟵ {case}" for each in troubles[:1]))
        if not troubles and not worked:
            new = said(app) if said(app) != before else ""
            told = bool(HAPPENED.search(new)) and bool(TO_DO.search(new))
            figures["unsaid"].add(*([] if told else [f"{'half: ' + new[-120:] if new else 'nothing'} ⟵ {case}"]))
        if not worked:
            figures["after"].add(*(f"{each} ⟵ {case}" for each in _again(path, home, app, folder)[:1]))


def _names(folder: Folder) -> set[str]:
    """What is in the home, but for what is being written."""
    return {
        str(path.relative_to(folder)) for path in folder.rglob("*") if not re.search(r"\.(tmp|partial|lock)", path.name)
    }


def _again(path: Path, home: Home, app: AppTest, folder: Folder) -> list[str]:
    """What goes wrong with the same deed of the same visitor, or of a new one where theirs is not there any more."""
    if troubles := turn(app):
        return troubles
    with listing(folder) as written:
        troubles = do(app, path.actions[-1], lambda: home.zip)
        if path.actions[-1].kind == SWITCH and not written and not troubles:
            troubles = do(app, path.actions[-1], lambda: home.zip)  # it was on, for all that
        if troubles is None:
            app = arrive(path, lambda: home.zip)
            troubles = None if app is None else do(app, path.actions[-1], lambda: home.zip)
    if troubles is None:
        return ["the control is gone"]
    return troubles or ([] if written else ["nothing is written"])


def open_pages(pages: Iterable[str], kind: str, home: Home, folder: Folder, broken: Breaker, figure: Figure) -> None:
    """Open every page on a disk that broke while the server ran, and on one that was broken when it started."""
    for page in pages:
        link = {"data": SAMPLE, "run": home.run}
        with serving(folder):
            turn(visitor("overview", **link))
            with broken(folder, kind):
                figure.add(*(f"{each} ⟵ {page} opened, disk {kind}" for each in turn(visitor(page, **link))[:1]))
            forget()
            with broken(folder, kind):
                figure.add(*(f"{each} ⟵ {page} opened first, disk {kind}" for each in turn(visitor(page, **link))[:1]))
                forget()


def trainings(kinds: Iterable[str], most_writes: int = 40, every: int = 1) -> Figure:
    """A training whose first failing write is the first, the second and so on: it ends as a failed run, or in Collab's error."""
    figure = Figure("trainings that end in a traceback as the disk breaks")
    for kind in kinds:
        for after in range(0, most_writes, every):
            with tempfile.TemporaryDirectory(prefix="collab-campaign-", ignore_cleanup_errors=True) as name:
                folder = Folder(name)
                store = RunStore(folder)
                owner, lock = store.claim()
                record = noted(store, planned(**QUICK), owner)
                with failing(folder, kind, after):
                    try:
                        carry_out(record, store, environment_of(folder))
                        found = []
                    except CollabError:
                        found = []
                    except Exception as reason:
                        found = [f"{cause(reason)} ⟵ disk {kind} after {after} writes"]
                lock.release()
                figure.add(*found)
                if not found and store.record(record.id).state == "finished":
                    break  # it needs no more writes than these
    return figure


def run(
    home: Home, clock: Clock, writing: list[Path], how: str, broken: Breaker, place: Folder | None = None
) -> list[Figure]:
    """Every kind of broken disk at every writing path and under every page; `place` is where a real disk may be mounted."""
    figures = new_figures(how)
    for kind in KINDS:
        _on_disk(home, place, lambda folder, k=kind: open_pages(PAGES, k, home, folder, broken, figures[k]))
    for path in writing:
        for kind in KINDS:
            if not clock.is_over:
                _on_disk(home, place, lambda folder, k=kind, p=path: press(p, k, home, folder, broken, figures))
    return list(figures.values())


def _on_disk(home: Home, place: Folder | None, work: Callable[[Folder], None]) -> None:
    """Do the work on a copy of the home; on a small disk of its own at `place` where that is given."""
    if place is None:
        with a_copy(home.folder) as folder:
            work(folder)
        return
    with small_disk(place):
        shutil.copytree(home.folder, place / "home")
        work(place / "home")
