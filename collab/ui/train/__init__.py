"""The Train page: the form of settings, the run, slider mode, the learning-rate range test.

Begin with `settings_form.py` and `run.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets.
"""
