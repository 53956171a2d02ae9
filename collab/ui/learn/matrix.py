"""Step: users × films as one giant matrix, mostly blank, and the same matrix filled by the model."""

from __future__ import annotations

import numpy as np
import streamlit as st

from collab.errors import RunError
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Question, Step
from collab.ui.widgets.matrix import cells_table, show_matrix
from collab.ui.widgets.tables import as_table


def draw(page: Page) -> None:
    run = page.run
    try:
        train, _ = cached.ratings_of(run.id)
    except RunError as reason:
        st.info(
            f"The matrix cannot be drawn: {formats.plain(str(reason))}. Choose another run in the side bar.",
            icon=":material/info:",
        )
        return

    def predict(user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        every_user, every_item = np.meshgrid(user_index, item_index, indexing="ij")
        return run.model.predict(every_user.ravel(), every_item.ravel()).reshape(every_user.shape)

    shown = show_matrix(train, run.items["title"], page.data.synthetic, predict, "training rating")
    user_index, item_index, observed = shown
    as_table(
        "matrix_table",
        "The cells of this part of the matrix",
        lambda: cells_table(
            observed,
            predict(user_index, item_index) if st.session_state["matrix_filled"] else None,
            [train.users.labels[index] for index in user_index],
            run.items["title"].iloc[item_index].tolist(),
            run.items["n_ratings"].to_numpy()[item_index],
        ),
    )


STEP = Step(
    slug="matrix",
    title="One giant matrix, mostly blank",
    insight="Every user is a row, every film a column, a rating a filled cell: a model's task is **to fill the blanks**.",
    draw=draw,
    door=Door("pages/rate.py", "rate a few films, and have a row of your own filled"),
    questions=(
        Question(
            1,
            "What problem does collaborative filtering solve?",
            "Finding what somebody will like who has seen only a little of what there is: films, products, links, diagnoses. "
            "Nothing need be known about the things or the people beforehand, only who liked what.",
        ),
        Question(
            2,
            "How does it solve it?",
            "It looks at what people have used or liked, finds others who liked the same, and recommends what those liked "
            "besides. The models here do it through latent factors: numbers for each film and each user whose products fit "
            "the known ratings, and so say something about the blanks.",
        ),
        Question(
            4,
            "What does a crosstab of the ratings look like?",
            "The picture above: a row a user, a column a film, the rating where they meet. Even among the busiest some cells "
            "are blank; in the whole table nearly all are.",
        ),
        Question(
            5,
            "How is such a crosstab made in code?",
            "```python\nusers = ratings.user.value_counts().index[:15]\nfilms = ratings.title.value_counts().index[:15]\n"
            "some = ratings[ratings.user.isin(users) & ratings.title.isin(films)]\n"
            'pd.crosstab(some.user, some.title, some.rating, aggfunc="last")\n```\n\n'
            "`aggfunc` says what to do with a film that a user rated twice.",
        ),
        Question(
            8,
            "What does the merge of the two tables do?",
            "The ratings file knows films by number only; the films file has number and title. `ratings.merge(films)` joins "
            "them on the column that both have, so that every rating carries its film's title.",
        ),
    ),
)
