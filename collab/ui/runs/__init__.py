"""The Runs page: the table, what can be done with a run, the comparison.

Begin with `table.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets.

- Search, rename, delete with undo, save as a zip. A run is changed by the browser that started it; one that is damaged
  is listed with what is wrong with it.
- Curves beside each other, two runs compared row by row, five seeds in one click.
"""
