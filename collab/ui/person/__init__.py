"""The person in front of the page: the open profile and its answers, and what a run knows and predicts from them.

Begin with `viewer.py`, then `own_profile.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets.

What a person says is rows of a profile with two links that cannot be guessed, one to edit and one to look. `viewer.py`
puts ratings, picked groups and stated facts together for every page.
"""
