"""Fetcher: the states of a download, one download for all who ask, and a network that does not answer."""

import contextlib
import socket
import threading
import time

import pytest

from collab.datasets import download as downloading
from collab.errors import DownloadError, SettingError
from collab.services import fetch as fetching
from collab.services.environment import Environment
from collab.services.fetch import Fetch, Fetcher

NAME = "ml-100k"


def until(question):
    """Wait for something that happens in another thread; a minute without it is a failure."""
    for _ in range(6000):
        if question():
            return
        time.sleep(0.01)
    pytest.fail("this did not happen within a minute")


class Scripted:
    """Stands in for `download`: goes on when it is told to, and ends as it is told."""

    def __init__(self):
        self.calls = []
        self.go_on = threading.Event()
        self.ending = None  # an exception, or None for success
        self.progress = None

    def __call__(self, file_name, member_md5, folder, progress, base_address):
        self.calls.append((file_name, dict(member_md5), folder, base_address))
        self.progress = progress
        assert self.go_on.wait(60)
        self.go_on.clear()
        if self.ending is not None:
            raise self.ending
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file_name).write_bytes(b"")
        return folder / file_name


@pytest.fixture
def environment(tmp_path):
    return Environment((), tmp_path, "sqlite://")


@pytest.fixture
def script():
    return Scripted()


@pytest.fixture
def fetcher(environment, script):
    return Fetcher(environment, "http://127.0.0.1:9/", script)


def test_nothing_is_fetched_before_somebody_asks(fetcher, script):
    assert fetcher.state(NAME) == Fetch("absent")
    assert not fetcher.state(NAME).out_of_reach
    assert script.calls == []


def test_the_way_of_a_download(fetcher, script, environment):
    assert fetcher.ensure(NAME).state == "connecting"
    until(lambda: script.progress is not None)
    assert fetcher.state(NAME).state == "connecting"
    script.progress(1000, 5000)
    now = fetcher.state(NAME)
    assert (now.state, now.done, now.total) == ("downloading", 1000, 5000)
    assert not now.out_of_reach
    script.go_on.set()
    until(lambda: fetcher.state(NAME).state == "here")
    assert fetcher.ensure(NAME, again=True).state == "here"
    [(file_name, member_md5, folder, base_address)] = script.calls
    assert (file_name, folder, base_address) == ("ml-100k.zip", environment.downloads, "http://127.0.0.1:9/")
    assert list(member_md5) == ["u.data"]


def test_what_lies_in_a_data_folder_is_not_fetched(tmp_path, script):
    (tmp_path / "ml-100k.zip").write_bytes(b"")
    fetcher = Fetcher(Environment((tmp_path,), tmp_path / "home", "sqlite://"), fetch=script)
    assert fetcher.ensure(NAME) == Fetch("here")
    assert fetcher.state("ml-latest-small") == Fetch("absent")
    assert script.calls == []


def test_the_sample_is_always_here(fetcher, script):
    assert fetcher.ensure("sample") == Fetch("here")
    assert script.calls == []


def test_an_unknown_data_set_is_refused(fetcher):
    for ask in (fetcher.state, fetcher.ensure):
        with pytest.raises(SettingError, match="there is no data set 'ml-1m'"):
            ask("ml-1m")


@pytest.mark.parametrize(
    "ending, message",
    [
        (
            DownloadError("the address could not be fetched (no connection)"),
            "the address could not be fetched (no connection)",
        ),
        (
            ZeroDivisionError("oh"),
            "MovieLens 100K could not be fetched: ZeroDivisionError: oh",
        ),  # a slip of our own ends no server
    ],
)
def test_a_failure_is_told_and_tried_again_only_when_asked(fetcher, script, ending, message):
    script.ending = ending
    fetcher.ensure(NAME)
    script.go_on.set()
    until(lambda: fetcher.state(NAME).state == "failed")
    assert fetcher.state(NAME).message == message
    assert fetcher.state(NAME).out_of_reach
    assert fetcher.ensure(NAME).state == "failed"
    assert len(script.calls) == 1
    script.ending = None
    assert fetcher.ensure(NAME, again=True).state == "connecting"
    assert fetcher.state(NAME).message == ""
    script.go_on.set()
    until(lambda: fetcher.state(NAME).state == "here")
    assert len(script.calls) == 2


def test_a_file_that_was_taken_away_is_absent_again(fetcher, script, environment):
    fetcher.ensure(NAME)
    script.go_on.set()
    until(lambda: fetcher.state(NAME).state == "here")
    (environment.downloads / "ml-100k.zip").unlink()
    until(lambda: fetcher.state(NAME).state == "absent")  # as soon as the thread has noted that it is done
    assert fetcher.ensure(NAME).state == "connecting"
    script.go_on.set()
    until(lambda: fetcher.state(NAME).state == "here")


def test_however_often_it_is_asked_one_download_starts(fetcher, script):
    for again in (False, True, False, True):
        assert fetcher.ensure(NAME, again=again).state == "connecting"
    until(lambda: script.progress is not None)
    script.progress(1, 2)
    assert fetcher.ensure(NAME, again=True).state == "downloading"
    assert len(script.calls) == 1
    script.go_on.set()


def test_two_that_ask_at_the_same_moment_start_one_download(environment, monkeypatch):
    find = fetching.find
    monkeypatch.setattr(
        fetching, "find", lambda *arguments: time.sleep(0.01) or find(*arguments)
    )  # both look before one starts
    script = Scripted()
    fetcher = Fetcher(environment, fetch=script)
    together = threading.Barrier(4)

    def ask():
        together.wait()
        fetcher.ensure(NAME)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: script.calls)
    assert len(script.calls) == 1
    script.go_on.set()


def test_two_data_sets_are_fetched_side_by_side(fetcher, script):
    fetcher.ensure(NAME)
    fetcher.ensure("ml-latest-small")
    until(lambda: len(script.calls) == 2)
    assert {call[0] for call in script.calls} == {"ml-100k.zip", "ml-latest-small.zip"}
    script.go_on.set()
    until(lambda: "here" in (fetcher.state(NAME).state, fetcher.state("ml-latest-small").state))
    script.go_on.set()


@pytest.fixture
def silent_address():
    """The address of a server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening, contextlib.ExitStack() as taken:

        def take():
            with contextlib.suppress(OSError):  # the end of the test
                while True:
                    taken.enter_context(listening.accept()[0])

        thread = threading.Thread(target=take)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_network_that_does_not_answer_is_out_of_reach(environment, silent_address, monkeypatch):
    monkeypatch.setattr(fetching, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(downloading, "READ_SECONDS", 0.5)
    fetcher = Fetcher(environment, silent_address)
    fetcher.ensure(NAME)
    until(lambda: fetcher.state(NAME).out_of_reach)  # the page goes on with the sample …
    until(lambda: fetcher.state(NAME).state == "failed")  # … and the thread gives up some time later
    assert "nothing came for 0.5 s" in fetcher.state(NAME).message
    assert list(environment.downloads.iterdir()) == []
    monkeypatch.setattr(fetching, "PATIENCE_SECONDS", 60.0)
    assert not fetcher.ensure(NAME, again=True).out_of_reach  # patience starts anew
    until(lambda: fetcher.state(NAME).state == "failed")


def test_patience_counts_from_the_question():
    assert not Fetch("connecting", since=time.monotonic()).out_of_reach
    assert Fetch("connecting", since=time.monotonic() - 2 * fetching.PATIENCE_SECONDS).out_of_reach
    assert not Fetch("downloading", since=time.monotonic() - 2 * fetching.PATIENCE_SECONDS).out_of_reach
    assert Fetch("failed").out_of_reach
    assert fetching.PATIENCE_SECONDS <= 3.0  # an unreachable network costs at most this
    assert downloading.CONNECT_SECONDS <= 3.0
