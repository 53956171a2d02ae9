"""The page Rate: cards and questions, groups of items, the list of picks, what-if, keeping and loading.

Begin with `rating.py` (what the page is made of), `cards.py` (what is asked) and `picks.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets, ui.person.
"""
