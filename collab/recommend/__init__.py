"""From what somebody says to items for them: a new user, elicitation, orders, reasons, taste, groups of people.

Begin with `new_user.py` (what a model knows of somebody after some answers), then `orders.py` (what the picks are ranked by).
May import: errors, data, models, training, explore.
"""
