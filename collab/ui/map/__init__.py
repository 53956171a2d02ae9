"""The Map page: layout, picture, controls, the sections below, and the view of two runs (`two_runs….py`).

Begin with `layout.py` (what is drawn) and `picture.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets, ui.person.
"""
