"""The catalogue of data sets: which exist, where they are found, and how they are read.

To add one: an entry below, and a reader that returns a `Dataset` (`movielens.py` is the strictest example,
`tests/pages/test_registration.py` has a short one). It may lack a download, terms, checksums, the column `time` and
facts about users (None); unknown years are NA, unknown genres "". A rating scale has up to 1,000 steps; people's own
answers are 0.5 to 5 stars whatever the scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from collab.data import movielens
from collab.data.archive import Archive
from collab.data.dataset import Dataset
from collab.data.sample import load_sample
from collab.errors import DataError, SettingError


@dataclass(frozen=True)
class Origin:
    """Who publishes a data set and on what terms, for the Data page, which leaves out what is empty."""

    publisher: str = ""  # in short
    of: str = ""  # whose it is, in a sentence
    address: str = ""
    readme: str = ""
    terms: str = ""  # the terms in its README, paraphrased
    citation: str = ""
    citation_address: str = ""


@dataclass(frozen=True)
class Entry:
    """One data set of the catalogue; `read` is None for the sample, which is generated.

    `read` takes the files and returns a `Dataset`, which may lack times, users, years and genres. The files are a zip called
    NAME.zip or a folder with the file `marker`. `member_md5` holds the published MD5 of every file that is always read,
    `fold_md5` those of the fold files, which are read on demand; files without an MD5 are read unchecked. `download_from` is the
    address of the folder with the zip; without one Collab does not fetch it, and the files have to be put into a folder of
    COLLAB_DATA.
    """

    name: str
    title: str
    note: str
    read: Callable[[Archive], Dataset] | None
    marker: str = ""  # the file by which its folder is recognised
    member_md5: Mapping[str, str] = field(default_factory=dict)
    fold_md5: Mapping[str, str] = field(default_factory=dict)
    download_from: str = ""
    megabytes: float = 0.0
    origin: Origin = Origin()

    @property
    def file_name(self) -> str:
        return f"{self.name}.zip"

    @property
    def all_md5(self) -> dict[str, str]:
        """The MD5 of every file that is checked."""
        return {**self.member_md5, **self.fold_md5}

    @property
    def synthetic(self) -> bool:
        return self.read is None

    @property
    def where_to_put_it(self) -> str:
        """What a person can do who has the files."""
        folder = "" if self.download_from else f", or a folder {self.name} with {self.marker},"
        return f"put {self.file_name}{folder} into a folder and name that folder in COLLAB_DATA"


_GROUPLENS = "https://files.grouplens.org/datasets/movielens/"
_RESEARCH_ONLY = (
    "For research; commercial use only with permission. Publications name the data set and cite the paper below, and nobody may "
    "suggest that the University of Minnesota or GroupLens endorses what they do."
)


def _movielens(address: str, readme: str, terms: str) -> Origin:
    return Origin(
        "GroupLens",
        "GroupLens’s, University of Minnesota",
        address,
        readme,
        terms,
        "F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and Context. "
        "ACM Transactions on Interactive Intelligent Systems 5, 4, Article 19.",
        "https://doi.org/10.1145/2827872",
    )


SAMPLE = "sample"
DEFAULT = "ml-100k"
CATALOGUE: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry(
            "ml-100k",
            "MovieLens 100K",
            "films up to 1998",
            movielens.read_100k,
            "u.data",
            {
                "u.genre": "a7578bdb37758741ae9429d2c736af18",
                "u.item": "c9e7f390115d79079537301d5204f3f7",
                "u.user": "1b53539edc13caad0282c8500608a319",
                "u.data": "6e47046882bad158b0efbb84cd5cb987",
            },
            {
                "u1.test": "62d5d837e7c8e36550cc956b09c2ecc8",
                "u2.test": "1951a71b7e1f4ed254508007fa2f6b70",
                "u3.test": "cb3e4d0a9152041772285232ca002d4f",
                "u4.test": "328acfca94e85d01b1d7e92c7d73df3b",
                "u5.test": "bec898f7091dba3b7bdf793d1998d2d6",
                "ua.test": "52e5d0355092dc1596899855b220508f",
                "ub.test": "5292d1e388d156aa0c19c384cdf35aca",
            },
            _GROUPLENS,
            4.9,
            _movielens(
                "https://grouplens.org/datasets/movielens/100k/",
                f"{_GROUPLENS}ml-100k-README.txt",
                f"{_RESEARCH_ONLY} It may not be passed on without permission.",
            ),
        ),
        Entry(
            "ml-latest-small",
            "MovieLens latest small",
            "films up to 2018, half stars",
            movielens.read_latest_small,
            "ratings.csv",
            {"movies.csv": "ed94fab72b62442ef8150d9446e000d6", "ratings.csv": "325a6f09399d1c45671f187505e1a100"},
            {},
            _GROUPLENS,
            1.0,
            _movielens(
                "https://grouplens.org/datasets/movielens/latest/",
                f"{_GROUPLENS}ml-latest-small-README.html",
                f"{_RESEARCH_ONLY} It may be passed on under the same terms. Its makers keep it for development: it changes "
                "over time, and results for others to compare with should be of one of their benchmark data sets.",
            ),
        ),
        Entry(SAMPLE, "Built-in sample", "synthetic ratings", None),
    )
}


def entry_of(name: str) -> Entry:
    """The catalogue entry called `name`. Raises SettingError, listing the known names."""
    if name not in CATALOGUE:
        raise SettingError(f"there is no data set {name!r}; there are {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def find(name: str, folders: Sequence[Path]) -> Path | None:
    """The path of the data set: the first of `folders` that is it, or contains it as a zip or a folder; None if not found."""
    entry = entry_of(name)
    for folder in folders:
        for place in (folder, folder / entry.file_name, folder / name):
            if (place.is_file() and place.name == entry.file_name) or (
                place.is_dir() and (place / entry.marker).is_file()
            ):
                return place
    return None


Signature = tuple[tuple[str, int, int, int], ...]


def signature(name: str, place: Path) -> Signature:
    """Name, size and times of the zip at `place`, or of every file of the data set in that folder; it changes when they do.

    The ctime is included: a copy may keep its old mtime, and a change of permissions shows nowhere else.
    """
    names = entry_of(name).all_md5
    files = [place]
    if place.is_dir():
        files = [place / file for file in names] or sorted(each for each in place.iterdir() if each.is_file())
    found = []
    for file in files:
        try:
            about = file.stat()
        except OSError:
            continue
        found.append((file.name, about.st_size, about.st_mtime_ns, about.st_ctime_ns))
    return tuple(found)


def fault_of(name: str, place: Path) -> str:
    """What is wrong with the data set at `place`, "" if all of its files are the published ones. Cached until a file changes.

    Fold files are not checked here, but when a fold is read.
    """
    return _fault_of(name, place, signature(name, place))


@lru_cache(maxsize=16)
def _fault_of(name: str, place: Path, _signature: Signature) -> str:
    try:
        Archive(place, entry_of(name).member_md5).check()
    except DataError as reason:
        return str(reason)
    return ""


def load_dataset(name: str, folders: Sequence[Path] = ()) -> Dataset:
    """Read the data set called `name` from `folders`, each file checked against its published MD5; the sample needs no folder.

    Raises SettingError for an unknown name, DataError for a data set that is missing, damaged or not the published one.
    """
    entry = entry_of(name)
    if entry.read is None:
        return load_sample()
    place = find(name, folders)
    if place is None:
        looked = ", ".join(map(str, folders)) or "no folder"
        fetch = "Run python -m collab prepare to download it, or " if entry.download_from else ""
        remedy = f"{fetch}{entry.where_to_put_it}."
        raise DataError(f"{entry.title} was not found (looked in {looked}). {remedy[0].upper()}{remedy[1:]}")
    return entry.read(Archive(place, entry.all_md5))
