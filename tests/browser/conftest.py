"""What browser tests share: the real server on a free port, Debian's Chromium, and waiting until a page has settled."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader-webgl",  # for the map alone: without a graphics card, all else is drawn faster without GL
    "--enable-unsafe-swiftshader",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PATIENCE = 90_000  # milliseconds; a loaded machine is slow, not wrong


def link(page):
    """What the page's link says, by name."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


@contextmanager
def serving(
    home,
    app=ROOT / "app.py",
    options=("--server.address=127.0.0.1", "--server.headless=true"),
    host="127.0.0.1",
    folder=ROOT,
):
    """The dashboard, or another app, on a free port of this machine's `host`, its home in `home`; gives its address. The
    port and `options` are told on the command line, the rest stands in the configuration of `folder`."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port = probe.getsockname()[1]
    variables = {**os.environ, "COLLAB_HOME": str(home), "OMP_NUM_THREADS": "1"}
    variables.pop("COLLAB_DATABASE", None)
    home.mkdir(parents=True, exist_ok=True)
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                str(app),
                f"--server.port={port}",
                *options,
                "--server.fileWatcherType=none",
                "--browser.gatherUsageStats=false",
            ],
            cwd=folder,
            env=variables,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://{host}:{port}"
            _wait_for_health(process, address, home / "server.log")
            yield address
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(15)


def _wait_for_health(process, address, log):
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address + "/_stcore/health", timeout=1) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the dashboard did not start:\n{log.read_text()}", pytrace=False)


@pytest.fixture(scope="session")
def server(tmp_path_factory, movielens_folders):
    """The address of a dashboard that the browser tests of a session share; MovieLens is at hand."""
    with serving(tmp_path_factory.mktemp("server") / "home") as address:
        yield address


@pytest.fixture
def fresh_server(tmp_path, movielens_folders):
    """The address of a dashboard that nobody has opened yet, with an empty home."""
    with serving(tmp_path / "home") as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """Chromium; WebGL, which only the map needs, is drawn in software."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        what = "no Chromium: install Debian's package chromium, or name the program in CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(what, pytrace=False)
        pytest.skip(what)
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=program, args=list(FLAGS))
        yield chromium
        chromium.close()


@contextmanager
def one_after_another(browser, **how):
    """A function that opens a page for a test, by the browser context that a session's tests share: each would otherwise fetch
    and compile Streamlit's scripts anew. A test begins as somebody new: its pages, cookies and storage go when it has ended."""
    with browser.new_context(**how) as context:
        context.set_default_timeout(PATIENCE)

        @contextmanager
        def page():
            try:
                yield context.new_page()
            finally:
                for each in context.pages:
                    storage = {
                        "origin": "{0.scheme}://{0.netloc}".format(urlsplit(each.url)),
                        "storageTypes": "local_storage",
                    }
                    context.new_cdp_session(each).send("Storage.clearDataForOrigin", storage)
                    each.close()
                context.clear_cookies()
                context.clear_permissions()

        yield page


@pytest.fixture(scope="session")
def desktops(browser):
    with one_after_another(browser, viewport={"width": 1440, "height": 900}) as page:
        yield page


@pytest.fixture(scope="session")
def phones(browser):
    with one_after_another(browser, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as page:
        yield page


@pytest.fixture
def desktop(desktops):
    """A page of 1440 × 900."""
    with desktops() as page:
        yield page


@pytest.fixture
def phone(phones):
    """A page of 390 × 844 with a touch screen."""
    with phones() as page:
        yield page


@pytest.fixture(scope="session")
def settled():
    """A function that waits until the page's script has ended (twice: a frame that waits for a model starts the script again)."""

    def wait(page):
        for _ in range(2):
            page.wait_for_selector(SETTLED, timeout=PATIENCE)
            page.wait_for_timeout(200)
        page.wait_for_selector(SETTLED, timeout=PATIENCE)
        assert page.get_by_test_id("stException").count() == 0

    return wait
