"""First visits: which run somebody new is shown, whoever else has trained what, whatever is pinned.

On a fresh home that is the default model in its quick settings; so too while somebody else trains a net, after it has ended, and
where the pinned run is damaged or of another data set. Where a sound run is pinned it is that one. Asked through the pages alone,
and on a fresh home through the real server too, where it can be asked without a browser."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.campaign import forging
from tests.campaign.damage import pin
from tests.campaign.dashboard import link_of, serving, turn, visitor
from tests.campaign.product import (
    APP,
    DEFAULT_MODEL,
    DEFAULT_PRESET,
    QUICK,
    ROOT,
    SAMPLE,
    CollabError,
    RunRecord,
    RunStore,
    command,
    train,
)
from tests.campaign.report import Clock, Figure

MINUTES = 4
PATIENCE = 90.0
PAGES = ("overview", "map", "rate", "train")
OTHER_DATA = "ml-100k"
OTHER_DATA_FOLDER = next(
    (
        folder
        for folder in os.environ.get("COLLAB_DATA", "").split(os.pathsep)
        if Path(folder, f"{OTHER_DATA}.zip").is_file()
    ),
    "",
)


def expected(record: RunRecord) -> bool:
    """Whether a run is the one that somebody new should see where nothing is pinned."""
    return (record.model, record.preset, record.data) == (DEFAULT_MODEL, DEFAULT_PRESET, SAMPLE)


def visit(page: str, home: Path) -> tuple[RunRecord | None, list[str]]:
    """What somebody new is shown by the page, once it has come to rest: the record of the run in use, and what went wrong."""
    app = visitor(page, data=SAMPLE)
    store, end = RunStore(home), time.monotonic() + PATIENCE
    while True:
        if troubles := turn(app):
            return None, troubles
        try:
            record = store.record(link_of(app, "run"))
        except CollabError as reason:
            return None, [str(reason)[:100]]
        if not record.busy or time.monotonic() > end:
            return record, []
        time.sleep(0.1)


def _fresh(home: Path) -> Callable[[RunRecord], bool]:
    return expected


def _after_a_net(home: Path) -> Callable[[RunRecord], bool]:
    train(home, "net", "fast", **QUICK)
    return expected


def _beside_a_net(home: Path) -> Callable[[RunRecord], bool]:
    """Somebody else has opened the page of trainings, and started a net that takes a while."""
    app = visitor("train", data=SAMPLE, model="net", epochs="60", batch_size="16")
    for _ in range(300):
        turn(app)
        if not any(record.busy for record in RunStore(home).records()):
            break
        time.sleep(0.1)
    before = {record.id for record in RunStore(home).records()}
    app.button(key="start").click()
    turn(app)
    (started,) = (record for record in RunStore(home).records() if record.id not in before)
    assert started.model == "net" and started.busy, started
    return expected


def _pinned(home: Path) -> Callable[[RunRecord], bool]:
    run_id = train(home, "dot-bias", "fast", **QUICK)
    train(home)
    pin(run_id)
    return lambda record: record.id == run_id


def _pinned_and_damaged(home: Path) -> Callable[[RunRecord], bool]:
    run_id = train(home, "dot-bias", "fast", **QUICK)
    pin(run_id)
    file = home / "runs" / run_id / "run.json"
    file.write_bytes(file.read_bytes()[:100])
    return expected


def _pinned_and_gone(home: Path) -> Callable[[RunRecord], bool]:
    run_id = train(home, "dot-bias", "fast", **QUICK)
    pin(run_id)
    RunStore(home).delete(run_id)
    return expected


def _pinned_elsewhere(home: Path) -> Callable[[RunRecord], bool]:
    """A pinned run of another data set; without that data set at hand a record that says so."""
    if OTHER_DATA_FOLDER:
        pin(train(home, "dot-bias", "fast", data=OTHER_DATA, folders=(Path(OTHER_DATA_FOLDER),), **QUICK))
        return expected
    run_id = train(home, "dot-bias", "fast", **QUICK)
    folder = home / "runs" / run_id
    files = forging.with_record(forging.read(folder), lambda values: values.update(data=OTHER_DATA, synthetic=False))
    forging.write(files, folder)
    command("pin", run_id)  # it may refuse, or not
    return expected


SITUATIONS: dict[str, Callable[[Path], Callable[[RunRecord], bool]]] = {
    "a fresh home": _fresh,
    "after somebody's net": _after_a_net,
    "while somebody trains a net": _beside_a_net,
    "a pinned run": _pinned,
    "a pinned run that is damaged": _pinned_and_damaged,
    "a pinned run that was deleted": _pinned_and_gone,
    "a pinned run of another data set": _pinned_elsewhere,
}


def look(situation: str, page: str, figure: Figure) -> None:
    """A first visit to the page in that situation."""
    with tempfile.TemporaryDirectory(prefix="collab-campaign-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        with serving(home):
            suits = SITUATIONS[situation](home)
            record, troubles = visit(page, home)
    shown = f"{record.model} {record.preset} ({record.state})" if record is not None else ""
    found = troubles or ([] if record is not None and suits(record) and not record.busy else [f"shown: {shown}"])
    figure.add(*(f"{each} ⟵ {page}, {situation}" for each in found))


def run(clock: Clock) -> list[Figure]:
    """All situations on some pages, and the real server on a fresh home."""
    figure = Figure("first visits that show another run than expected", planned=len(SITUATIONS) * len(PAGES))
    for situation in SITUATIONS:
        for page in () if clock.is_over else PAGES:
            look(situation, page, figure)
    real = Figure("first visits through the real server that show another run than expected")
    real.add(*through_the_server())
    return [figure, real]


# --- the real server ---------------------------------------------------------------------------------------------------------


@contextmanager
def real_server(home: Path) -> Iterator[str]:
    """The address of a dashboard on `home` that answers scripts too."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "server.port": port, "server.address": "127.0.0.1", "server.headless": "true", "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false", "server.enableAgentApi": "true",
    }  # fmt: skip
    words = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(APP),
        *(f"--{name}={value}" for name, value in settings.items()),
    ]
    variables = {**os.environ, "COLLAB_HOME": str(home), "OMP_NUM_THREADS": "1"}
    variables.pop("COLLAB_DATA", None)
    with (home.parent / "server.log").open("w") as log:
        process = subprocess.Popen(words, cwd=ROOT, env=variables, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(address: str, process: subprocess.Popen) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=1) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the dashboard did not start")


def through_the_server() -> list[str]:
    """What is wrong with the run that the real server trains for its first visitor, who chooses the sample."""
    with tempfile.TemporaryDirectory(prefix="collab-campaign-", ignore_cleanup_errors=True) as name:
        home = Path(name, "home")
        home.mkdir()
        with real_server(home) as address:
            session = ask(address, {})["session_id"]
            ask(address, {"session_id": session, "widget_state": {"_pick_data": "Built-in sample"}})
            store, end = RunStore(home), time.monotonic() + PATIENCE
            while time.monotonic() < end:
                ended = [record for record in store.records() if not record.busy]
                if ended:
                    return [] if all(map(expected, ended)) else [f"trained: {ended[0].model} {ended[0].preset}"]
                time.sleep(0.2)
            return ["no run has come"]


def ask(address: str, words: dict) -> dict:
    """The answer of the server's interface for scripts."""
    request = urllib.request.Request(
        f"{address}/_stcore/agent/interact", json.dumps(words).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as reason:
        raise RuntimeError(f"the server refuses: {reason.read()[:200]!r}") from reason
