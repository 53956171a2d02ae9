"""The Data page: the data set and its split.

Begin with `shown.py` (what every part receives).
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets.
"""
