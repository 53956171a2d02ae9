"""The page Your taste: a place among items and users, genres, predictions, similar users.

Begin with `place.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets, ui.person.
"""
