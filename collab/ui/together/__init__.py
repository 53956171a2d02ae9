"""The page Together: who is there, items for all of them, who gains and who gives in.

Begin with `picks.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets, ui.person.
"""
