"""The Map page: layout, picture, controls, the sections below, and the view of two runs (`two_runs….py`).

Begin with `layout.py` (what is drawn) and `picture.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets, ui.person.

- *Axes*: any three of the first ten principal components (all eight of the default run), t-SNE in the background, or an
  axis of one's own between films or groups, as from “Toy Story” to “Alien”; in 3-D and 2-D. Camera, search and
  selection stay through every change.
- *Points*: ten things to colour by, names that never overlap, a search that fades or hides the rest. A Bayesian run
  also says how sure a film's place is.
- *A set*: box and lasso make one, to add to, take from, download and send as a link.
- *Below*: the films at both ends of an axis and what correlates with it; the films and genres of each cluster.
- *Two runs* stand side by side, one turned onto the other (Procrustes): the films that moved most, the share that
  turning does not explain, and how many of a film's ten nearest both runs agree on, each beside chance.

A control that changes the picture goes from `controls.py` (`Points`) through `figure.py` (`Look`) and `picture.py` to
`charts/plot3d/`.
"""
