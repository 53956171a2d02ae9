"""Kinds: genres and decades by hand."""

import pandas as pd

from collab.data.genres import DECADES, GENRES, genre_flags, genre_words, genres_of, kinds_of


def test_a_text_of_genres():
    assert genres_of("Drama|War") == ["Drama", "War"] and genres_of("") == []
    assert genre_words("Drama|War") == "Drama, War" and genre_words("") == ""


def test_what_films_count_as():
    films = pd.DataFrame({"genres": ["", "Drama|War", "War"], "year": pd.array([pd.NA, 1994, 2001], dtype="Int64")})
    assert [each.tolist() for each in kinds_of(films, GENRES)] == [[1, 1, 2], ["Drama", "War", "War"]]
    assert [each.tolist() for each in kinds_of(films, DECADES)] == [[1, 2], ["1990s", "2000s"]]


def test_genres_as_flags():
    flags = genre_flags(pd.Series(["Drama|War", "", "War"], index=[5, 3, 3]))
    assert flags.to_dict("list") == {"Drama": [1, 0, 0], "War": [1, 0, 1]} and flags.index.tolist() == [0, 1, 2]
