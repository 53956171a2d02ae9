"""The Train page: the form of settings, the run, slider mode, the learning-rate range test.

Begin with `settings_form.py` and `run.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets.

- *Every model*, the default preset where nothing else is chosen, each with its presets and its own settings, every one
  with its help; the range test with one click where the model has a learning rate.
- *A run* has a live curve beside two baselines, stop, replay, and a link of its own. A Bayesian run shows whether its
  intervals keep their promise on the held-out ratings.
- *How would a user rate a film?* A run answers with the chance of every level; user and film are in the link.
- *Slider mode* trains at every move of a slider and lays the new curve over the last few. It counts how many settings
  were tried on the same held-out rows, keeps the one that is liked as a run, and offers one look at sealed rows, which
  no trial saw: their figure is the one to quote.
"""
