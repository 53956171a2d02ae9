"""A data set, runs and people whose names are made to be taken for something else: markup, a link, a picture, a formula."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from collab.data.catalogue import CATALOGUE, Entry
from collab.data.dataset import Dataset
from collab.data.ratings import RatingScale
from collab.models import preset_of
from collab.services.environment import Environment
from collab.services.plans import default_plan, plan
from collab.services.profiles import Profile, ProfileStore
from tests.training_here import train_here

NAME = "hostile"
SIGN = "evil"
"""In every hostile text, so that none is overlooked."""

TEXTS = (
    "[evil](https://evil.example)",
    "![evil](https://evil.example/evil.png)",
    "https://evil.example/?evil=1",
    "www.evil.example",
    "evil@evil.example",
    "evil <https://evil.example>",
    '<a href="https://evil.example">evil</a>',
    "<img src=https://evil.example/evil.png onerror=alert('evil')>",
    "<b>evil</b> &lt;i&gt;evil&#58; &amp;",
    "*evil* **evil** _evil_ ~~evil~~ `evil`",
    ":red[evil] :small[evil] :blue-badge[evil]",
    "evil :material/delete: :smile: :streamlit: :evil:",
    "$evil$ $$evil$$",
    "evil -- evil -> evil <= evil",
    "# evil",
    "1. evil",
    "- evil",
    "> evil",
    "| evil | evil |",
    "[^evil] [evil]: https://evil.example",
    '=HYPERLINK("https://evil.example";"evil")',
    "@evil +evil −evil",
    "%{x} %{text} evil<br>evil",
    "\\*evil\\* \\[evil\\]",
    "evil evil::",
    "' evil \" evil",
)
SHORT = ("[evil](//evil.org)", "www.evil.org :evil:")
"""Short enough for a message to quote them in full."""

TITLES = tuple(f"{text} (19{70 + place})" if place % 2 else text for place, text in enumerate(TEXTS))
GENRES = tuple(text for text in TEXTS if "|" not in text)[::2]
OCCUPATIONS = TEXTS[1::2]
RUNS = (
    "*evil* [evil](https://evil.example) www.evil.example :evil: <b>evil</b> -> evil",
    '=<a href="https://evil.example">evil</a> :red[evil] $evil$ me@evil.example',
    "![evil](https://evil.example/evil.png) https://evil.example `evil` ~~evil~~",
)
PEOPLE = ("[evil](https://evil.example)<b>evil</b>:smile:", "https://evil.example/evil :red[evil] *evil*")
DATA_TITLE = "*evil* [evil](https://evil.example) https://evil.example"
MESSAGE = "<b>evil</b> [evil](https://evil.example) https://evil.example :material/delete: *evil*"
NOTE = "*evil* films https://evil.example"
ELSEWHERE = "<b>evil</b> https://evil.example [evil elsewhere](https://evil.example) (1999)"
"""A title that the data set lacks."""

MARKS = """
* ** _ ` ``` ~~ [ ] ( ) ![ ]( \\ evil evil.example www. https:// HTTP:// @ mailto: : :: :red[ :smile: :+1: {a=b}
:material/star: :material_star: :streamlit: $ $$ &lt; &#58; & <b> </b> <!-- --> <a href=' -> <- <-> -- == === >= <= ~= [^1]
12:34:56 // ' " %{x} é 🙂
"""
PIECES = [*MARKS.split(), "# ", "- ", "1. ", "> ", "| a |\n|-|\n", "[^1]: x", " ", "    ", "\t", "\n\n"]
"""Of which texts can be made at random."""

N_MIXTURES = 420

N_USERS, N_MORE, SCALE = 90, 40, RatingScale(1.0, 5.0, 1.0)


def read(_archive: object) -> Dataset:
    """The data set: most rated are the items of TITLES, the first first; users rate by taste, for over a year."""
    draw = np.random.default_rng(0)
    titles = [*TITLES, *(f"Film {number} (20{number:02d})" for number in range(N_MORE))]
    n_items = len(titles)
    users = [f"{place} {TEXTS[place % len(TEXTS)]}" for place in range(N_USERS)]
    taste, kind = draw.normal(size=(N_USERS, 2)), draw.normal(size=(n_items, 2))
    seen = draw.random((N_USERS, n_items)) < np.linspace(0.95, 0.3, n_items)
    rows = np.argwhere(seen)
    stars = np.clip(np.round(3.2 + (taste @ kind.T)[seen] + draw.normal(0, 0.4, len(rows))), 1, 5)
    ratings = pd.DataFrame(
        {
            "user_id": [users[user] for user, _ in rows],
            "item_id": [str(item + 1) for _, item in rows],
            "rating": stars.astype("float32"),
            "time": 900_000_000 + draw.integers(0, 40_000_000, len(rows)),
        }
    )
    ratings = pd.concat([ratings, ratings.head(3).assign(item_id=str(n_items + 1))], ignore_index=True)
    items = pd.DataFrame(
        {
            "item_id": [str(item + 1) for item in range(n_items + 1)],
            "title": [*titles, titles[0]],  # one title has two ids
            "year": pd.array([1970 + item % 45 for item in range(n_items + 1)], "Int64"),
            "genres": [
                f"{GENRES[item % len(GENRES)]}|{GENRES[(item + 3) % len(GENRES)]}" for item in range(n_items + 1)
            ],
        }
    )
    people = pd.DataFrame(
        {
            "user_id": users,
            "age": pd.array([15 + place % 50 for place in range(N_USERS)], "Int64"),
            "gender": ["F" if place % 2 else "M" for place in range(N_USERS)],
            "occupation": [OCCUPATIONS[place % len(OCCUPATIONS)] for place in range(N_USERS)],
        }
    )
    return Dataset(NAME, DATA_TITLE, ratings.astype({"user_id": "str", "item_id": "str"}), items, people, SCALE)


ENTRY = Entry(NAME, DATA_TITLE, NOTE, read, "hostile.csv")


def register() -> None:
    """Make it a data set of this process."""
    CATALOGUE[NAME] = ENTRY


def lay_down(folder: Path) -> Path:
    """The data set in a folder for COLLAB_DATA, which is returned."""
    (folder / NAME).mkdir(parents=True)
    (folder / NAME / ENTRY.marker).write_text("rows are made when they are read\n", encoding="utf-8")
    return folder


def train(environment: Environment) -> list[str]:
    """Runs of the default model, of the chapter's and of one that knows genres and years, called as in RUNS; their ids. The data
    set must be registered."""
    planned = [
        default_plan(NAME),
        *(plan(model, preset_of(model, "fast"), NAME, "random:0.2", 0) for model in ("dot-bias", "side")),
    ]
    return [train_here(environment, replace(each, name=name)).id for each, name in zip(planned, RUNS, strict=True)]


def people(store: ProfileStore) -> list[Profile]:
    """Two people with the names PEOPLE, answers on the first titles and on one that the data set lacks."""
    made = []
    for place, name in enumerate(PEOPLE):
        person = store.create(name)
        for title, stars in zip((*TITLES[place : place + 8], ELSEWHERE), (5, 1, 4, 2, 5, 3, 1, 4, 2), strict=True):
            store.rate(person, title, float(stars))
        made.append(person)
    return made


def mixtures() -> list[str]:
    """N_MIXTURES different texts: those above, and pieces at random; the same at every call."""
    draw = random.Random(18)
    texts = [*TEXTS, *RUNS, *(name.swapcase() for name in RUNS)]
    while len(texts) < N_MIXTURES:
        texts.append(f"{len(texts)}" + "".join(draw.choices(PIECES, k=draw.randint(1, 7))))
    return texts
