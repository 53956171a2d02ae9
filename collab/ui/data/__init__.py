"""The Data page: the data set and its split.

Begin with `shown.py` (what every part receives).
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets.

- Sizes, the long tail and who has too few ratings, ratings over time, stars, crosstab, doubled titles, terms and
  checksums.
- What the split hides: how much of the future a random one lets a model see, with the biases-only error beside that of
  the newest ratings.
- Sealed rows are counted, but their stars are in none of its figures.
"""
