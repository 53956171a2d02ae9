"""The frame of every page: data set and run in use, the link, waiting, offers of other runs, shared caches.

Begin with `page.py`: every page first calls its `open_page`. `cached.py` holds what all sessions of a server share.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts.
"""
