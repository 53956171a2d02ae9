"""The Runs page: the table, what can be done with a run, the comparison.

Begin with `table.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets.
"""
