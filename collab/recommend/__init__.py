"""Recommendations for a person: fold-in of new users, elicitation, orders, reasons, taste, and groups of people.

Begin with `new_user.py` (what a model predicts for a new user), then `orders.py` (how the picks are ranked).
May import: errors, data, models, training, explore.
"""
