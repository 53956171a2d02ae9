"""Widgets that several pages use: pickers, item lists, tables, dials, the rating matrix, the rating distribution.

Begin with `controls.py` and `tables.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame.
"""
