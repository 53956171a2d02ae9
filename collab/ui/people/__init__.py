"""The page People: one user that the run was trained on.

Begin with `one_user.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets, ui.person.
"""
