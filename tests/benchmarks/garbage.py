"""What the search for garbage after every turn costs, and what it saves: memory and the slowest turns of long visits.

    python -m tests.benchmarks.garbage [--rounds 40] [--beside CHECKOUT]

MovieLens 100K, two real servers that take turns, and visitors who go round all pages as fast as the server answers
(`tests/benchmarks/pages.py`), a new session each round, as in an hour in which people come and go. The opponent is the same
dashboard, or that of another CHECKOUT, with Streamlit's own switch, `runner.postScriptGC = false`: Python then searches for
garbage when it sees fit, not at the end of every turn. Memory is the resident one of the server's process, on Linux.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from collab.models import DEFAULT_MODEL
from collab.services.environment import read_environment
from tests.benchmarks.pages import CONTROLS, EMPTY, PICK_RUN, WARM_ROUNDS, checked, go_round, prepare
from tests.benchmarks.wire import Session
from tests.browser.conftest import ROOT, serving

STEP = 5  # rounds between two lines of the table
NEVER = "--runner.postScriptGC=false"
LOCAL = ("--server.address=127.0.0.1", "--server.headless=true")


def resident(address: str) -> float:
    """Megabytes that the server of this address has in memory."""
    mark = f"--server.port={address.rpartition(':')[2]}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "cmdline").read_bytes().split(b"\0"):
                pages = int((process / "statm").read_text().split()[1])
                return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        except (FileNotFoundError, ProcessLookupError):  # it has ended since it was listed
            continue
    raise SystemExit(f"no server at {address}")


def visit(address: str, floor: Session, links: dict[str, str], place: int) -> list[float]:
    """The seconds of every turn of a new session's round, which gives each control its value number `place`."""
    with Session(address) as visitor:
        first = checked("home", visitor.open("", links["home"]))
        sidebar = visitor.find(PICK_RUN)
        assert sidebar is not None
        found = go_round(visitor, floor, links, list(sidebar.proto.options), [DEFAULT_MODEL], [place], list(CONTROLS))
    pages = (both for page, both in found[DEFAULT_MODEL].items() if page != "empty")
    return [first.seconds, *(seconds for both in pages for kind in both for seconds in kind.seconds)]


def slowest(seconds: Sequence[float]) -> str:
    """p50, p90, the mean of the slowest tenth and the maximum, in milliseconds."""
    middle, ninety = np.percentile(seconds, [50, 90])
    tenth = np.mean([each for each in seconds if each >= ninety])
    return "".join(f"{1000 * value:7.0f}" for value in (middle, ninety, tenth, max(seconds)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print memory and turns of both servers every few rounds, and of all rounds at the end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40, help="through all pages, for each of the two servers")
    parser.add_argument("--beside", type=Path, default=ROOT, help="the opponent's checkout, else this one")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        home, other = Path(folder) / "home", Path(folder) / "other"
        home.mkdir()
        os.environ["COLLAB_HOME"] = str(home)
        os.environ.pop("COLLAB_DATABASE", None)
        links = prepare(read_environment(), [DEFAULT_MODEL])
        shutil.copytree(home, other)
        with (
            serving(home) as ours,
            serving(other, chosen.beside.resolve() / "app.py", (*LOCAL, NEVER)) as theirs,
            serving(Path(folder) / "empty", EMPTY) as empty,
            Session(empty) as floor,
        ):
            floor.open()
            servers = {"as it is": ours, "never": theirs}
            for place in range(WARM_ROUNDS):
                for address in servers.values():
                    visit(address, floor, links, place)
            everything: dict[str, list[float]] = {name: [] for name in servers}
            print(f"{'rounds':>6} {'server':10} {'MB':>6} {'turns':>6}  ms: p50    p90  slowest 10 %   max", flush=True)
            for place in range(chosen.rounds):
                names = list(servers) if place % 2 == 0 else list(reversed(servers))
                for name in names:
                    everything[name] += visit(servers[name], floor, links, place + WARM_ROUNDS)
                if (place + 1) % STEP == 0 or place + 1 == chosen.rounds:
                    for name, seconds in everything.items():
                        memory = resident(servers[name])
                        print(f"{place + 1:6} {name:10} {memory:6.0f} {len(seconds):6} {slowest(seconds)}", flush=True)


if __name__ == "__main__":
    main()
