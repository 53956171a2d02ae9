"""The catalogue of data sets: what there is, where it is found, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from collab.datasets import movielens
from collab.datasets.dataset import Dataset
from collab.datasets.sample import load_sample
from collab.errors import DataError, SettingError


@dataclass(frozen=True)
class Entry:
    """One data set of the catalogue; `read` is None for the sample, which is generated."""

    name: str
    title: str
    note: str
    read: Callable[[Path], Dataset] | None
    marker: str = ""  # the file by which its folder is recognised
    member_md5: Mapping[str, str] = field(default_factory=dict)
    megabytes: float = 0.0
    address: str = ""
    readme: str = ""
    terms: str = ""  # what its README allows and asks for, in our words

    @property
    def file_name(self) -> str:
        return f"{self.name}.zip"

    @property
    def synthetic(self) -> bool:
        return self.read is None


CITATION = (
    "F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and Context. "
    "ACM Transactions on Interactive Intelligent Systems 5, 4, Article 19."
)
CITATION_ADDRESS = "https://doi.org/10.1145/2827872"
_RESEARCH_ONLY = (
    "For research; commercial use only with permission. Publications name the data set and cite the paper below, and nobody may "
    "suggest that the University of Minnesota or GroupLens endorses what they do."
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
            {"u.data": "6e47046882bad158b0efbb84cd5cb987"},
            4.9,
            "https://grouplens.org/datasets/movielens/100k/",
            "https://files.grouplens.org/datasets/movielens/ml-100k-README.txt",
            f"{_RESEARCH_ONLY} It may not be passed on without permission.",
        ),
        Entry(
            "ml-latest-small",
            "MovieLens latest small",
            "films up to 2018, half stars",
            movielens.read_latest_small,
            "ratings.csv",
            {"ratings.csv": "325a6f09399d1c45671f187505e1a100"},
            1.0,
            "https://grouplens.org/datasets/movielens/latest/",
            "https://files.grouplens.org/datasets/movielens/ml-latest-small-README.html",
            f"{_RESEARCH_ONLY} It may be passed on under the same terms. Its makers keep it for development: it changes over "
            "time, and results for others to compare with should be of one of their benchmark data sets.",
        ),
        Entry(SAMPLE, "Built-in sample", "synthetic ratings", None),
    )
}


def entry_of(name: str) -> Entry:
    """The catalogue's entry called `name`. Raises SettingError, naming the ones there are."""
    if name not in CATALOGUE:
        raise SettingError(f"there is no data set {name!r}; there are {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def find(name: str, folders: Sequence[Path]) -> Path | None:
    """Where the data set lies: the first of `folders` that is it, or holds it as a zip or a folder; None if nowhere."""
    entry = entry_of(name)
    for folder in folders:
        for place in (folder, folder / entry.file_name, folder / name):
            if (place.is_file() and place.name == entry.file_name) or (
                place.is_dir() and (place / entry.marker).is_file()
            ):
                return place
    return None


def load_dataset(name: str, folders: Sequence[Path] = ()) -> Dataset:
    """Read the data set called `name` from `folders`; the sample needs none.

    Raises SettingError for an unknown name, DataError where it is nowhere to be found or is not what it should be.
    """
    entry = entry_of(name)
    if entry.read is None:
        return load_sample()
    place = find(name, folders)
    if place is None:
        looked = ", ".join(map(str, folders)) or "no folder"
        raise DataError(
            f"{entry.title} was not found (looked in {looked}). Run python -m collab prepare to download it, or put "
            f"{entry.file_name} into a folder and name that folder in COLLAB_DATA."
        )
    return entry.read(place)
