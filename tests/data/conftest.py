"""Tiny data sets in the two MovieLens layouts, written by hand, as folders and as zips."""

import zipfile

import pytest

from collab.data.movielens import GENRES_100K


def _film(number, title, released, *genres):
    flags = "|".join("1" if genre in genres else "0" for genre in GENRES_100K)
    return f"{number}|{title}|{released}||http://example.org/{number}|{flags}"


TINY_100K = {
    "u.genre": "".join(f"{genre}|{number}\n" for number, genre in enumerate(GENRES_100K)) + "\n",
    "u.item": "\n".join(
        [
            _film(1, "Toy Tale (1995)", "01-Jan-1995", "Animation", "Comedy"),
            _film(2, "Été, L' (1996)", "14-Jul-1996", "Drama"),
            _film(3, "unknown", "", "unknown"),
            _film(4, "Toy Tale (1995)", "02-Feb-1997", "Comedy"),
            _film(5, "Late Title", "05-May-1993"),
        ]
    )
    + "\n",
    "u.user": "1|24|M|technician|85711\n2|53|F|other|94043\n10|7|M|student|T8H1N\n",
    "u.data": "2\t1\t5\t881250949\n10\t4\t1\t891717742\n1\t2\t3\t878887116\n2\t4\t4\t880606923\n1\t5\t2\t886397596\n",
    "u1.test": "10\t4\t1\t891717742\n1\t5\t2\t886397596\n",
}
TINY_LATEST = {
    "movies.csv": 'movieId,title,genres\n1,Toy Tale (1995),Animation|Comedy\n22,"Été, L\' (1996)",Drama\n'
    "3,Late Title,(no genres listed)\n40,Long Series (1994–1999),Drama\n",
    "ratings.csv": "userId,movieId,rating,timestamp\n1,22,0.5,964982703\n1,1,4.0,964981247\n12,40,4.5,964982224\n",
}
ENCODINGS = {"u.item": "latin-1"}


def as_bytes(files):
    """The contents of the files as they stand on disk; what is bytes already stays as it is."""
    return {
        name: text if isinstance(text, bytes) else text.encode(ENCODINGS.get(name, "utf-8"))
        for name, text in files.items()
    }


@pytest.fixture
def tiny_100k():
    """Contents of a tiny MovieLens 100K by file name: five ratings of three users and five films, two of them with one title."""
    return dict(TINY_100K)


@pytest.fixture
def tiny_latest():
    """Contents of a tiny MovieLens latest small by file name: three ratings of two users and four films."""
    return dict(TINY_LATEST)


@pytest.fixture
def write_folder(tmp_path):
    """A function that writes files into a folder and returns it."""

    def write(files, name="data"):
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        for file_name, content in as_bytes(files).items():
            (folder / file_name).write_bytes(content)
        return folder

    return write


@pytest.fixture
def write_zip(tmp_path):
    """A function that packs files into a zip, all inside one folder as GroupLens does, and returns its path."""

    def write(files, name="ml-100k.zip", inside="ml-100k/"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file_name, content in as_bytes(files).items():
                archive.writestr(inside + file_name, content)
        return path

    return write
