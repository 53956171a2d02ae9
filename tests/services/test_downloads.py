"""Fetcher: a download from a real server in a real worker, one for all who ask, and a network that does not answer."""

import contextlib
import http.server
import io
import socket
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from collab.data import download as downloading
from collab.data.catalogue import entry_of
from collab.errors import DownloadError, SettingError
from collab.services import downloads as fetching
from collab.services.downloads import Fetch, Fetcher
from collab.services.environment import Environment
from collab.services.job_kinds import NETWORK, all_kinds
from collab.services.job_queue import DONE
from collab.services.jobs import Jobs
from tests.services.waiting import wait

NAME, OTHER = "ml-latest-small", "ml-100k"
pytestmark = pytest.mark.usefixtures("quick_worker")


@pytest.fixture(scope="module")
def good(data_folder):
    """The bytes of the published files, by name."""
    return {name: (data_folder / entry_of(name).file_name).read_bytes() for name in (NAME, OTHER)}


@pytest.fixture(scope="module")
def damaged(good):
    """The files of NAME, with one rating another."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good[NAME])) as original, zipfile.ZipFile(packed, "w") as archive:
        for member in original.infolist():
            content = original.read(member)
            archive.writestr(
                member, content.replace(b"1,1,4.0", b"1,1,4.5") if "ratings" in member.filename else content
            )
    return packed.getvalue()


class GroupLens:
    """A server that answers when it is told to: the head and half of a file after `answer`, the rest after `go_on`; what it has
    not got is refused."""

    def __init__(self, files):
        self.files = {f"/{entry_of(name).file_name}": content for name, content in files.items()}
        self.asked = []
        self.answer, self.go_on = threading.Event(), threading.Event()
        served = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                served.asked.append(self.path)
                assert served.answer.wait(60)
                content = served.files.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", len(content))
                self.end_headers()
                with contextlib.suppress(OSError):  # who asked was ended
                    self.wfile.write(content[: len(content) // 2])
                    self.wfile.flush()
                    assert served.go_on.wait(60)
                    self.wfile.write(content[len(content) // 2 :])

            def log_message(self, *_):
                pass

        self.listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.listening.server_address[1]}/"
        threading.Thread(target=self.listening.serve_forever, args=(0.01,)).start()

    def open(self):
        """From now on answer at once."""
        self.answer.set()
        self.go_on.set()

    def close(self):
        self.open()
        self.listening.shutdown()
        self.listening.server_close()


@pytest.fixture
def server(good):
    made = GroupLens(good)
    yield made
    made.close()


@pytest.fixture
def environment(jobs):
    return jobs.environment


@pytest.fixture
def fetcher(jobs, server):
    return Fetcher(jobs, server.address)


@pytest.fixture
def at_home(environment):
    """The file of NAME that Collab has fetched."""
    environment.downloads.mkdir(parents=True)
    return environment.downloads / entry_of(NAME).file_name


def wait_for(fetcher, *states, name=NAME):
    wait(lambda: fetcher.state(name).state in states)
    return fetcher.state(name)


def test_nothing_is_fetched_before_somebody_asks(fetcher, server):
    assert fetcher.state(NAME) == Fetch("absent") and fetcher.job(NAME) is None
    assert not fetcher.state(NAME).out_of_reach
    assert server.asked == []


def test_the_way_of_a_download(fetcher, server, environment, good):
    assert fetcher.ensure(NAME).state == "connecting"
    wait(lambda: server.asked)
    assert fetcher.state(NAME).state == "connecting"
    server.answer.set()
    now = wait_for(fetcher, "downloading")
    assert 0 < now.done <= now.total == len(good[NAME]) and not now.out_of_reach
    assert fetcher.ensure(NAME, again=True).state == "downloading"
    server.go_on.set()
    assert wait_for(fetcher, "here") == Fetch("here")
    assert fetcher.ensure(NAME, again=True) == Fetch("here")
    assert server.asked == ["/ml-latest-small.zip"]
    assert [(file.name, file.read_bytes()) for file in environment.downloads.iterdir()] == [
        ("ml-latest-small.zip", good[NAME])
    ]
    wait(lambda: fetcher.job(NAME).state == DONE)


def test_what_lies_in_a_data_folder_is_not_fetched(tmp_path, server, good):
    (tmp_path / "ml-latest-small.zip").write_bytes(good[NAME])
    environment = Environment((tmp_path,), tmp_path / "home", "sqlite://")
    jobs = Jobs(environment, all_kinds(environment))
    fetcher = Fetcher(jobs, server.address)
    assert fetcher.ensure(NAME) == Fetch("here")
    assert fetcher.state(OTHER) == Fetch("absent")
    assert jobs.queue.in_lane(NETWORK.name) == []
    jobs.close()


def test_the_sample_is_always_here(fetcher, jobs):
    assert fetcher.ensure("sample") == Fetch("here")
    assert jobs.queue.in_lane(NETWORK.name) == []


def test_an_unknown_data_set_is_refused(fetcher):
    for ask in (fetcher.state, fetcher.ensure):
        with pytest.raises(SettingError, match="there is no data set 'ml-1m'"):
            ask("ml-1m")


def test_a_failure_is_told_and_tried_again_only_when_asked(fetcher, server, environment):
    content = server.files.pop("/ml-latest-small.zip")
    server.open()
    fetcher.ensure(NAME)
    failed = wait_for(fetcher, "failed")
    assert f"{server.address}ml-latest-small.zip could not be fetched (404" in failed.message and failed.out_of_reach
    assert fetcher.ensure(NAME) == failed and len(server.asked) == 1
    server.files["/ml-latest-small.zip"] = content
    again = fetcher.ensure(NAME, again=True)
    assert (again.state, again.message) == ("connecting", "")
    wait_for(fetcher, "here")
    assert len(server.asked) == 2


def test_a_slip_of_our_own_is_a_failure_with_words(environment, monkeypatch):
    def slip(*arguments, **options):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(fetching, "download", slip)
    monkeypatch.setenv("COLLAB_HOME", str(environment.home))
    with pytest.raises(DownloadError, match="MovieLens latest small could not be fetched: ZeroDivisionError: oh"):
        fetching.fetch({"data": NAME, "from": "http://127.0.0.1:9/"}, None)


def test_a_killed_worker_is_a_failure_and_leaves_nothing_in_the_way(fetcher, jobs, server):
    server.answer.set()
    fetcher.ensure(NAME)
    wait_for(fetcher, "downloading")
    jobs.workers[NETWORK.name].process.kill()
    assert wait_for(fetcher, "failed").message.startswith("Its process ended with code")
    server.go_on.set()
    assert fetcher.ensure(NAME, again=True).state == "connecting"
    wait_for(fetcher, "here")


def test_a_download_goes_on_when_its_server_goes(make_jobs, server):
    """It has no owner: whoever opens the page at the next server finds it on its way."""
    server.answer.set()
    first, second = make_jobs(), make_jobs()
    Fetcher(first, server.address).ensure(NAME)
    watching = Fetcher(second, server.address)
    wait_for(watching, "downloading")
    first.close()
    assert watching.state(NAME).state in ("connecting", "downloading")
    server.go_on.set()
    wait_for(watching, "here")
    assert len(server.asked) == 2


def test_a_file_that_was_taken_away_is_absent_again(fetcher, server, environment):
    server.open()
    fetcher.ensure(NAME)
    wait_for(fetcher, "here")
    (environment.downloads / "ml-latest-small.zip").unlink()
    wait_for(fetcher, "absent")  # as soon as it is noted that it is done
    assert fetcher.ensure(NAME).state == "connecting"
    wait_for(fetcher, "here")
    assert len(server.asked) == 2


def test_a_damaged_download_is_replaced_when_asked(fetcher, server, at_home, good, damaged):
    at_home.write_bytes(damaged)
    now = fetcher.ensure(NAME)
    assert (now.state, now.replaceable, now.out_of_reach) == ("damaged", True, False)
    assert f"{at_home / 'ratings.csv'} is not the published file: its MD5 is" in now.message
    content = server.files.pop("/ml-latest-small.zip")
    assert server.asked == []
    assert fetcher.ensure(NAME, again=True).state == fetcher.state(NAME).state == "connecting"
    server.open()
    now = wait_for(fetcher, "damaged")
    assert "ratings.csv is not the published file" in now.message
    assert "It was tried to fetch it again: " in now.message and "(404" in now.message
    assert fetcher.ensure(NAME).state == "damaged" and len(server.asked) == 1
    server.files["/ml-latest-small.zip"] = content
    assert fetcher.ensure(NAME, again=True).state == "connecting"
    wait_for(fetcher, "here")
    assert at_home.read_bytes() == good[NAME] and len(server.asked) == 2
    at_home.write_bytes(damaged)
    assert fetcher.state(NAME).state == "damaged"


def test_a_damaged_file_is_not_let_in(fetcher, server, environment, damaged):
    server.files["/ml-latest-small.zip"] = damaged
    server.open()
    fetcher.ensure(NAME)
    assert "is not the file that Collab knows" in wait_for(fetcher, "failed").message
    assert list(environment.downloads.iterdir()) == []


def test_what_somebody_has_put_into_a_data_folder_is_not_replaced(tmp_path, server, good, damaged):
    file = tmp_path / "ml-latest-small.zip"
    file.write_bytes(damaged)
    environment = Environment((tmp_path,), tmp_path / "home", "sqlite://")
    jobs = Jobs(environment, all_kinds(environment))
    fetcher = Fetcher(jobs, server.address)
    for now in (fetcher.ensure(NAME), fetcher.ensure(NAME, again=True)):
        assert (now.state, now.replaceable) == ("damaged", False)
    assert jobs.queue.in_lane(NETWORK.name) == [] and file.read_bytes() == damaged
    file.write_bytes(good[NAME])
    assert fetcher.state(NAME).state == "here"
    jobs.close()


def test_pages_that_ask_at_the_same_moment_start_one_download(fetcher, jobs, server, monkeypatch):
    """All of them look before one starts; later ones find it, however they ask."""
    together, find = threading.Barrier(4, timeout=30), fetching.find

    def find_together(*arguments):
        together.wait()
        return find(*arguments)

    with monkeypatch.context() as patched, ThreadPoolExecutor(4) as pages:
        patched.setattr(fetching, "find", find_together)
        assert {fetch.state for fetch in pages.map(fetcher.ensure, [NAME] * 4)} == {"connecting"}
    job = fetcher.job(NAME)
    for again in (False, True, False, True):
        assert fetcher.ensure(NAME, again=again).state == "connecting"
    assert jobs.queue.in_lane(NETWORK.name) == [fetcher.job(NAME)] and fetcher.job(NAME).id == job.id
    server.open()
    wait_for(fetcher, "here")
    assert len(server.asked) == 1


def test_a_data_set_that_waits_for_another_is_not_out_of_reach(fetcher, server, monkeypatch):
    """One comes after the other: as long as the network gives the first, the second is on its way too."""
    monkeypatch.setattr(fetching, "PATIENCE_SECONDS", 0.0)
    fetcher.ensure(OTHER)
    fetcher.ensure(NAME)
    wait(lambda: server.asked)
    assert fetcher.state(OTHER).out_of_reach and fetcher.state(NAME).out_of_reach  # nothing has come yet
    server.answer.set()
    wait_for(fetcher, "downloading", name=OTHER)
    now = fetcher.state(NAME)
    assert (now.state, now.done, now.out_of_reach) == ("downloading", 0, False)
    server.go_on.set()
    for name in (OTHER, NAME):
        wait_for(fetcher, "here", name=name)
    assert server.asked == ["/ml-100k.zip", "/ml-latest-small.zip"]


def test_a_refused_connection_is_a_failure(jobs, environment):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    fetcher = Fetcher(jobs, address)
    fetcher.ensure(NAME)
    assert "could not be fetched (no connection)" in wait_for(fetcher, "failed").message
    assert list(environment.downloads.iterdir()) == []


def test_a_network_that_does_not_answer_is_out_of_reach(fetcher, server, monkeypatch):
    """The page goes on with the sample, and the download may still succeed; patience starts anew when it is tried again."""
    monkeypatch.setattr(fetching, "PATIENCE_SECONDS", 0.05)
    fetcher.ensure(NAME)
    wait(lambda: fetcher.state(NAME).out_of_reach)
    assert fetcher.state(NAME).state == "connecting"
    content = server.files.pop("/ml-latest-small.zip")
    server.open()
    wait_for(fetcher, "failed")
    server.files["/ml-latest-small.zip"] = content
    server.answer.clear()
    monkeypatch.setattr(fetching, "PATIENCE_SECONDS", 60.0)
    assert not fetcher.ensure(NAME, again=True).out_of_reach
    monkeypatch.setattr(fetching, "PATIENCE_SECONDS", 0.0)
    assert fetcher.state(NAME).out_of_reach
    server.answer.set()
    wait_for(fetcher, "here")


def test_patience_counts_from_the_question():
    assert not Fetch("connecting", since=time.time()).out_of_reach
    assert Fetch("connecting", since=time.time() - 2 * fetching.PATIENCE_SECONDS).out_of_reach
    assert not Fetch("downloading", since=time.time() - 2 * fetching.PATIENCE_SECONDS).out_of_reach
    assert Fetch("failed").out_of_reach
    assert fetching.PATIENCE_SECONDS <= 3.0  # an unreachable network costs at most this
    assert downloading.CONNECT_SECONDS <= 3.0
