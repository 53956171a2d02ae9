"""Analyses of a data set, a split or a trained model: the arithmetic behind the menu's section Explore.

Arrays and tables in, arrays and tables out; each module answers one question. Begin with `similarity.py` or `components.py`.
May import: errors, data, models, training.

Decisions:

- *An item's neighbours are one frozen set of options over a run's factors* (`similarity.py`). A closeness is a sum over
  orthonormal directions, so its parts add up exactly.
- *A Bayesian run begins with the cautious cosine*, in which an item that is little known cannot score high. The film
  map uses it too, and says how uncertain an item's position is.
- *Co-rating needs no model* (`co_rating.py`), and so serves the models without factors.
- *What was given in a sealed row stays unseen*, in every table and every distribution.
"""
