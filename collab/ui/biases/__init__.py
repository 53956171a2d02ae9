"""The Biases page: biases of items, users, and genres and decades.

Begin with `items.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets.
"""
