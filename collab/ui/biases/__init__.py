"""The Biases page: biases of items, users, and genres and decades.

Begin with `items.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets.

- What the model likes beyond everyone's factors, raw or shrunk by count, with its ± where the model is Bayesian.
- Why sorting by bias is not sorting by mean rating: the films furthest from what their damped mean says.
- Mean biases by genre and decade.
- The harshest and the kindest raters.
"""
