"""The page Together: the people of a group, items for all of them, who gains and how far they agree.

Begin with `picks.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets, ui.person.
"""
