"""The Learn page: one module per step; the chapter’s tables are the last step (`tables….py`).

Begin with `steps.py` (their order) and `step.py` (the frame of each).
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets.

A step is a picture to move, a sentence, the chapter's questions with short answers, and a door to the same on the real
model. The sixteen steps: the blank matrix, the dot product by hand, factors learned in slow motion, one-hot against
look-up, parameters and optimisers, the range, biases, weight decay (over-fitting trained on the spot), PCA, distance
and the rare-film weakness, cold-start remedies measured on people held out, a feedback loop with a model that is
trained on what it chose to show, uncertainty, nets and the sizes of their embeddings, the distribution of a rating,
similar users as sums.

Last come the chapter's eight tables, epoch by epoch, beside ours for the same recipe over three seeds, with spread,
difference and verdict, and its findings checked on our figures; one button trains what is missing.
"""
