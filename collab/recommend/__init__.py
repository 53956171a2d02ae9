"""Recommendations for a person: fold-in of new users, elicitation, orders, reasons, taste, and groups of people.

Begin with `new_user.py` (what a model predicts for a new user), then `orders.py` (how the picks are ranked).
May import: errors, data, models, training, explore.

Decisions:

- *Cold start is Bayesian.* The trained users give the prior of a new one; ratings turn it into a posterior, with
  uncertainty (`models/fold_in.py`). `new_user.picks` is the one call below the Rate page and the command line.
- *A model that is no dot product answers for itself* (`fold_in_user` in `models/contract.py`): `neighbours` from
  similarities to the trained users; the nets with a few Gauss-Newton steps on a new row, whose prior is the spread of
  the trained rows (`models/net_fold_in.py`).
- *The prior meets the training ratings on average* (`centre_prior`): people rate what they chose to see, and the mean
  of the trained users promises too little of that.
- *What people say before the first rating changes that prior*, in closed form: age, gender and occupation
  (`fold_in.background`), picked groups of items (`item_groups.py`). A pick's reason tells what each of them added. A
  picked group is kept as the title of an item, so that another run finds its own group with that item.
- *What one would watch and like is an order of its own* (`orders.py`): the logarithm of a linear item-item score
  (`models/ease.py`) plus half the predicted rating. Its weights are no part of a run folder: they follow from the run's
  training rows (`services/run_rows.py`) when first asked for. Where the data are gone, the predicted rating ranks.
- *Reasons add up* (`reasons.py`): they are the parts of what ranked a pick and the parts of its predicted stars, exact,
  and as printed too, by largest remainders.
- *A hypothetical rating is the same call with one rating changed*; `orders.moves` compares the two lists.
- *What is asked next* (`elicitation.py`) is chosen by the chance that this person has seen the item, which follows both
  kinds of answers, and by how much its rating would take from what is unknown. Without the training rows the most rated
  items are asked.
- *Taste is told against the person who has not rated anything* (`taste_profile.py`, `taste_place.py`,
  `taste_alike.py`): sums of predictions have their exact ±, a place is the direction in which predictions rise, and
  likeness is a correlation averaged over what the person may be.

What all of this is worth was measured on people left out whole: `tests/benchmarks/README.md`, from *New people* on.
"""
