"""What stands around every page: data set and run in use, the link, waiting, offers where a model cannot serve, caches.

Begin with `page.py`: every page begins with its `open_page`. `cached.py` holds what all sessions of a server share.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts.
"""
