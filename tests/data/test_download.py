"""Downloads from a server on this machine: what arrives whole and right is kept, of everything else nothing is."""

import contextlib
import errno
import hashlib
import http.server
import os
import socket
import stat
import threading
from dataclasses import dataclass, field

import pytest

from collab.data import download as downloading
from collab.data.archive import Archive
from collab.data.download import SCRATCH_PREFIX, download
from collab.data.movielens import read_100k
from collab.errors import DownloadError


@dataclass
class Answer:
    """What the server says to a path: the status, the body, and how long it claims the body is."""

    body: bytes = b""
    status: int = 200
    claims: int | None = None
    without_length: bool = False


@dataclass
class Server:
    """A web server on 127.0.0.1; `answers` by path, `asked` in the order of the requests."""

    address: str
    answers: dict[str, Answer]
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def server():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            here.asked.append(self.path)
            answer = here.answers.get(self.path, Answer(b"no such file", 404))
            self.send_response(answer.status)
            if not answer.without_length:
                self.send_header("Content-Length", str(len(answer.body) if answer.claims is None else answer.claims))
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # whoever asked may have hung up
                self.wfile.write(answer.body)

        def log_message(self, format, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        here = Server(f"http://127.0.0.1:{listening.server_address[1]}/", {})
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield here
        listening.shutdown()
        thread.join()


@pytest.fixture
def packed(tiny_100k, write_zip):
    """The bytes of a tiny zip that is several chunks long, and the MD5 of its ratings."""
    ratings = tiny_100k["u.data"].encode()
    padding = hashlib.sha512(b"padding").digest() * 400  # repeats itself, but is stored next to other lines
    content = write_zip(
        {**tiny_100k, "README": bytes(byte ^ (place % 251) for place, byte in enumerate(padding))}
    ).read_bytes()
    assert len(content) > 5000
    return content, {"u.data": hashlib.md5(ratings, usedforsecurity=False).hexdigest()}


def failure(folder, *arguments, **how):
    """The message of the DownloadError with which a download ends; nothing may be left in the folder."""
    with pytest.raises(DownloadError) as failed:
        download("ml-100k.zip", *arguments, **how)
    assert list(folder.iterdir()) == []
    return str(failed.value)


def test_a_file_that_is_whole_and_right_is_kept(server, packed, tmp_path):
    content, md5 = packed
    server.answers["/ml-100k.zip"] = Answer(content)
    told = []
    path = download(
        "ml-100k.zip", md5, tmp_path / "new" / "datasets", lambda *both: told.append(both), base_address=server.address
    )
    assert path == tmp_path / "new" / "datasets" / "ml-100k.zip"
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == ["ml-100k.zip"]
    assert len(read_100k(Archive(path)).ratings) == 5
    done, totals = zip(*told, strict=True)
    assert set(totals) == {len(content)}
    assert list(done[:-2]) == sorted(done[:-2])
    assert len(set(done)) > 3
    assert max(done) == done[-1] == len(content)


def test_progress_without_a_known_length_only_grows(server, packed, tmp_path):
    content, md5 = packed
    server.answers["/ml-100k.zip"] = Answer(content, without_length=True)
    told = []
    download("ml-100k.zip", md5, tmp_path / "datasets", lambda *both: told.append(both), base_address=server.address)
    done, totals = zip(*told, strict=True)
    assert set(totals) == {0}
    assert list(done) == sorted(done)
    assert done[-1] >= len(content)


def test_an_older_file_is_replaced_at_once_and_kept_on_failure(server, packed, tmp_path):
    content, md5 = packed
    (tmp_path / "datasets").mkdir()
    old = tmp_path / "datasets" / "ml-100k.zip"
    old.write_bytes(b"old")
    with pytest.raises(DownloadError):
        download("ml-100k.zip", md5, old.parent, base_address=server.address)
    assert old.read_bytes() == b"old"
    server.answers["/ml-100k.zip"] = Answer(content)
    assert download("ml-100k.zip", md5, old.parent, base_address=server.address).read_bytes() == content


def test_another_member_than_the_published_one_is_refused(server, packed, tmp_path):
    content, md5 = packed
    server.answers["/ml-100k.zip"] = Answer(content)
    message = failure(tmp_path / "datasets", {"u.data": "0" * 32}, tmp_path / "datasets", base_address=server.address)
    assert f"{server.address}ml-100k.zip is not the file that Collab knows" in message
    assert f"ml-100k.zip/u.data is not the published file: its MD5 is {md5['u.data']}, expected {'0' * 32}." in message
    assert "Nothing of it was kept. Try again later" in message and str(tmp_path) not in message


def test_a_member_that_is_missing_is_refused(server, packed, tmp_path):
    server.answers["/ml-100k.zip"] = Answer(packed[0])
    message = failure(
        tmp_path / "datasets", {"ratings.csv": "0" * 32}, tmp_path / "datasets", base_address=server.address
    )
    assert "is not the file that Collab knows" in message
    assert "there is no ratings.csv in it" in message


@pytest.mark.parametrize("status", [404, 500])
def test_a_server_that_refuses_is_quoted(server, packed, tmp_path, status):
    server.answers["/ml-100k.zip"] = Answer(b"sorry", status)
    message = failure(tmp_path / "datasets", packed[1], tmp_path / "datasets", base_address=server.address)
    assert f"{server.address}ml-100k.zip could not be fetched" in message
    assert str(status) in message
    assert (
        "Check the network and try again, or put ml-100k.zip into a folder and name that folder in COLLAB_DATA"
        in message
    )


def test_a_body_that_breaks_off_is_refused(server, packed, tmp_path):
    content, md5 = packed
    server.answers["/ml-100k.zip"] = Answer(content[:3000], claims=len(content))
    message = failure(tmp_path / "datasets", md5, tmp_path / "datasets", base_address=server.address)
    assert "could not be fetched" in message


def test_a_body_that_breaks_off_unnoticed_is_refused(server, packed, tmp_path):
    content, md5 = packed
    server.answers["/ml-100k.zip"] = Answer(content[:3000], without_length=True)
    message = failure(tmp_path / "datasets", md5, tmp_path / "datasets", base_address=server.address)
    assert "is not the file that Collab knows" in message
    assert "damaged or unreadable" in message


def test_a_page_in_place_of_the_file_is_refused(server, packed, tmp_path):
    server.answers["/ml-100k.zip"] = Answer(b"<html>Please log in to the hotel's network</html>" * 50)
    message = failure(tmp_path / "datasets", packed[1], tmp_path / "datasets", base_address=server.address)
    assert "damaged or unreadable" in message


def test_a_refused_connection_is_said(packed, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:  # bound and closed again: nobody listens there
        port = taken.getsockname()[1]
    message = failure(tmp_path / "datasets", packed[1], tmp_path / "datasets", base_address=f"http://127.0.0.1:{port}/")
    assert "could not be fetched (no connection)" in message


def test_a_server_that_never_answers_is_given_up(packed, tmp_path, monkeypatch):
    monkeypatch.setattr(downloading, "READ_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        message = failure(tmp_path / "datasets", packed[1], tmp_path / "datasets", base_address=address)
    assert "could not be fetched (nothing came for 0.1 s)" in message


def test_a_folder_that_cannot_be_made_is_said(server, packed, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="could not be fetched"):
        download("ml-100k.zip", packed[1], tmp_path / "file" / "datasets", base_address=server.address)
    assert server.asked == []


def test_bytes_are_on_the_disk_before_the_name_and_the_name_after(server, packed, tmp_path, monkeypatch):
    content, md5 = packed
    server.answers["/ml-100k.zip"] = Answer(content)
    done, fsync, replace = [], os.fsync, os.replace

    def synced(number):
        about = os.fstat(number)
        done.append(("folder" if stat.S_ISDIR(about.st_mode) else "file", about.st_ino))
        fsync(number)

    def replaced(source, target):
        done.append(("rename", os.stat(source).st_ino))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    path = download("ml-100k.zip", md5, tmp_path, base_address=server.address)
    file, folder = path.stat().st_ino, tmp_path.stat().st_ino
    assert done == [("file", file), ("rename", file), ("folder", folder)]


def test_what_a_killed_download_leaves_is_named_by_the_prefix(server, packed, tmp_path):
    content, md5 = packed
    server.answers["/ml-100k.zip"] = Answer(content)
    seen, folder = [], tmp_path / "datasets"
    download("ml-100k.zip", md5, folder, lambda *_: seen.extend(folder.iterdir()), base_address=server.address)
    assert {each.name[: len(SCRATCH_PREFIX)] for each in seen} == {SCRATCH_PREFIX}
    assert [each.name for each in folder.iterdir()] == ["ml-100k.zip"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "there is no room left on the disk"),
        (errno.EDQUOT, "there is no room left on the disk"),
        (errno.EROFS, "the disk can only be read"),
        (errno.EACCES, "the folder cannot be written to"),
    ],
)
@pytest.mark.parametrize("act", ["fsync", "replace", "mkdir"])
def test_a_disk_that_takes_nothing_is_said(server, packed, tmp_path, monkeypatch, number, words, act):
    content, md5 = packed
    server.answers["/ml-100k.zip"] = Answer(content)
    (tmp_path / "ml-100k.zip").write_bytes(b"old")

    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(os, act, refuse)
        with pytest.raises(DownloadError) as failed:
            download("ml-100k.zip", md5, tmp_path, base_address=server.address)
    assert f"could not be kept in {tmp_path}: {words}. Nothing was changed. Make room there or name" in str(
        failed.value
    )
    assert (tmp_path / "ml-100k.zip").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1
