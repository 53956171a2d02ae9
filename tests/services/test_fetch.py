"""Fetcher: the states of a download, one download for all who ask, and a network that does not answer."""

import contextlib
import io
import socket
import threading
import time
import zipfile

import pytest

from collab.datasets import download as downloading
from collab.errors import DownloadError, SettingError
from collab.services import fetch as fetching
from collab.services.environment import Environment
from collab.services.fetch import Fetch, Fetcher

NAME = "ml-100k"
CONTENT = {"u.data": b"1\t1\t5\t0\n"}


def packed(content):
    """The bytes of a zip of these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file, text in content.items():
            archive.writestr(file, text)
    return packed.getvalue()


GOOD, DAMAGED = packed(CONTENT), packed({"u.data": b"1\t1\t4\t0\n"})


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
        (folder / file_name).write_bytes(GOOD)
        return folder / file_name


@pytest.fixture(autouse=True)
def one_rating(published):
    """Both data sets are one rating here."""
    for name in (NAME, "ml-latest-small"):
        published(name, CONTENT)


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
    (tmp_path / "ml-100k.zip").write_bytes(GOOD)
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


def test_a_damaged_download_is_replaced_when_asked(fetcher, script, environment):
    file = environment.downloads / "ml-100k.zip"
    file.parent.mkdir()
    file.write_bytes(DAMAGED)
    now = fetcher.ensure(NAME)
    assert (now.state, now.replaceable, now.out_of_reach) == ("damaged", True, False)
    assert f"{file / 'u.data'} is not the published file: its MD5 is" in now.message
    assert script.calls == []
    script.ending = DownloadError("no connection")
    assert fetcher.ensure(NAME, again=True).state == "connecting"
    assert fetcher.state(NAME).state == "connecting"
    script.go_on.set()
    until(lambda: fetcher.state(NAME).state == "damaged")
    assert "u.data is not the published file" in fetcher.state(NAME).message
    assert fetcher.state(NAME).message.endswith("It was tried to fetch it again: no connection")
    assert fetcher.ensure(NAME).state == "damaged" and len(script.calls) == 1
    script.ending = None
    assert fetcher.ensure(NAME, again=True).state == "connecting"
    script.go_on.set()
    until(lambda: fetcher.state(NAME).state == "here")
    assert file.read_bytes() == GOOD and len(script.calls) == 2
    file.write_bytes(DAMAGED)
    assert fetcher.state(NAME).state == "damaged"


def test_what_somebody_has_put_into_a_data_folder_is_not_replaced(tmp_path, script):
    file = tmp_path / "ml-100k.zip"
    file.write_bytes(DAMAGED)
    fetcher = Fetcher(Environment((tmp_path,), tmp_path / "home", "sqlite://"), fetch=script)
    for now in (fetcher.ensure(NAME), fetcher.ensure(NAME, again=True)):
        assert (now.state, now.replaceable) == ("damaged", False)
    assert script.calls == [] and file.read_bytes() == DAMAGED
    file.write_bytes(GOOD)
    assert fetcher.state(NAME).state == "here"


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
