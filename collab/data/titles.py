"""Titles: match other spellings to those of a catalogue, and put moved articles back in front."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from collab.data.ratings import UNKNOWN

ARTICLES = "the|a|an|le|la|les|l'|un|une|el|los|las|una|il|lo|gli|i|der|die|das|den|det|de|het|o|os|as"
"""Articles that catalogues move behind a title, "Thing, The (1982)", in the languages for which MovieLens does so."""


def match_titles(titles: Sequence[str], catalogue_titles: Sequence[str]) -> tuple[list[int | None], list[str]]:
    """The catalogue index of each title, or None, and the list of titles without a match.

    An exact match comes first. Next, case, accents, spaces, curly quotes and the position of an article are ignored: "the
    thing (1982)" matches "Thing, The (1982)". Last, punctuation is ignored too, and a name in brackets is as good as the one
    before it: "Se7en (1995)" matches "Seven (a.k.a. Se7en) (1995)". The year always has to agree. A title that fits two
    catalogue entries is left unmatched rather than matched wrongly. Of a title that is in the catalogue twice, the first counts.
    """
    exact: dict[str, int] = {}
    for index, title in enumerate(catalogue_titles):
        if title.strip() and title != UNKNOWN:  # an item without a title cannot be meant
            exact.setdefault(title, index)
    forgiving: dict[str, int | None] = {}
    for title, index in exact.items():
        plain = _plain(title)
        forgiving[plain] = None if plain in forgiving else index
    found = [exact[title] if title in exact else forgiving.get(_plain(title)) for title in titles]
    if None in found:
        named: dict[str, int | None] = {}
        for title, index in exact.items():
            for each in _names(title):
                named[each] = None if named.get(each, index) != index else index
        for row, title in enumerate(titles):
            fit = {named[each] for each in _names(title) if each in named}
            if found[row] is None and len(fit) == 1:
                found[row] = fit.pop()
    return found, [title for title, index in zip(titles, found, strict=True) if index is None]


def spoken(title: str) -> str:
    """A title with its articles in front, as people say it: "Thing, The (1982)" becomes "The Thing (1982)"."""
    return re.sub(r"\b([Ll]') ", r"\1", _MOVED_ARTICLE.sub(r"\1\3 \2", title))


_SIGNS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})


_MOVED_ARTICLE = re.compile(rf"(^|\()([^()]*?), ({ARTICLES})(?=$|\)| \()", re.IGNORECASE)


def _plain(title: str) -> str:
    """A title without case, accents and repeated spaces, its articles in front; for comparison only."""
    letters = unicodedata.normalize("NFKD", title.translate(_SIGNS))
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
    moved = _MOVED_ARTICLE.sub(r"\1\3 \2", " ".join(letters.split()))
    return moved.replace("l' ", "l'")


_LAST_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")


_BRACKETS = re.compile(r"\(([^()]*)\)")


_ALSO_KNOWN = re.compile(r"^\s*a\.?k\.?a\.?:?\s+", re.IGNORECASE)


def _names(title: str) -> set[str]:
    """All names in a title, outside and inside brackets, with its year and without punctuation; empty without a year."""
    year = _LAST_YEAR.search(title)
    if year is None:
        return set()
    whole = title[: year.start()]
    names = (_BRACKETS.sub(" ", whole), *(_ALSO_KNOWN.sub("", name) for name in _BRACKETS.findall(whole)))
    letters = {re.sub(r"\W+", " ", _plain(name).replace("'", "").replace("&", " and ")).strip() for name in names}
    return {f"{each} {year[1]}" for each in letters if each}
