"""The page Similar: neighbours of an item, pairs, runs, seeds, and the view of an item as if it were new (`as_if_new….py`).

Begin with `one_item.py` and `lists.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets, ui.person.
"""
