"""The look of the pages: number formats, colours, the style shared by all figures, loss charts, the 3-D plot.

Only draws: no widgets but the plot's own tools, no state on the server. Begin with `style.py` and `formats.py`.
May import: errors, data, models, training, explore, recommend, lessons, services.
"""
