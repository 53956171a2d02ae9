"""How things look: numbers in words, colours, what all figures have in common, losses, the 3-D picture.

Draws, asks nothing, keeps no state. Begin with `style.py` and `formats.py`.
May import: errors, data, models, training, explore, recommend, lessons, services.
"""
