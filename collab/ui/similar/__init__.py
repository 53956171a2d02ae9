"""The page Similar: neighbours of an item, pairs, runs, seeds, and the view of an item as if it were new (`as_if_new….py`).

Begin with `one_item.py` and `lists.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets, ui.person.

- *The film's page*, to which titles in tables and lists lead: genres, ratings, bias with its ±, a link to share, where
  to watch it.
- *Its neighbours* by cosine, Euclidean distance or dot product, factors centred or not, shrunk by support, with the
  number of ratings behind each. A Bayesian run begins with the cautious cosine (`explore/similarity.py`).
- *Beside them* the neighbours by co-rating, how far the two agree, and in how many of five seeds each is found (read
  from runs that differ in nothing else: `services/repeats.py`).
- *Why two films are similar*: who rated and liked both, genres, what each factor adds.
- *Two films or two runs* side by side, and films like one but more like another.
- *As if it were new*: forgets the film's ratings, or takes genres and a year of one's own. Out come a predicted rating,
  the films that the same people lean towards, and who would like it; one press measures what such answers are worth on
  films left out whole.
"""
