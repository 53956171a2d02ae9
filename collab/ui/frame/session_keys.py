"""The session's own keys: what a session remembers that no control and no link holds, with the module that owns it.

A page's own key begins with the page's name, and no other room reads it; what several rooms need stands behind functions of the
room that owns it. `{}` stands for what tells several keys of one kind apart. Keys of controls are those of their controls; what
the link may say is in `parameters.py`. `tests/ui/frame/test_session_keys.py` compares the table with the sources, both ways.
"""

from __future__ import annotations

SESSION_KEYS = {
    # frame
    "_link": ("frame/link.py", "what each parameter of the link is for this session, by name"),
    "_link_new": ("frame/link.py", "what the link has asked for and nobody has taken up, with the value before"),
    "_link_page": ("frame/link.py", "the page that was drawn last"),
    "_link_refused": ("frame/link.py", "why something in the link was not followed"),
    "_page_framed": ("frame/page.py", "app.py has set the navigation of this turn"),
    "_pick_run": ("frame/page.py", "the run in the sidebar's box"),
    "_pick_data": ("frame/data_set.py", "the data set in the sidebar's box"),
    "_data_set_meanwhile": ("frame/data_set.py", "the data set whose place the sample takes meanwhile"),
    "_pick_against": ("frame/other_run.py", "the run in the box of runs to compare with"),
    "_browser": (
        "frame/in_browser.py",
        "what the browser reports: the link to an item that was pressed, another theme",
    ),
    "_item_page_wanted": ("frame/item_page.py", "the label of the item whose page was asked for, between two pages"),
    "_queueing_refused": ("frame/queueing.py", "why a training was not queued"),
    "_visitor": ("frame/visitor.py", "the browser's own code"),
    "_watch_session": ("frame/watch.py", "the session's own code among those who wait for jobs"),
    "_watch_{}": ("frame/watch.py", "what was wanted at a place, the job that does it, and why it was refused"),
    # person
    "_profile": ("person/own_profile.py", "the token of the profile whose answers are shown"),
    "_profile_changes": ("person/own_profile.py", "changes that can be undone, by token"),
    "_profile_refused": ("person/own_profile.py", "the token that could not be opened"),
    "_profile_remembered": ("person/own_profile.py", "tokens put into this browser's list"),
    "_profile_trouble": ("person/own_profile.py", "why a change was refused"),
    # pages
    "_rate_asked": ("rate/cards.py", "titles asked, in their places"),
    "_rate_asked_at": ("rate/cards.py", "the place of each answered title, for undo"),
    "_rate_asked_by": ("rate/cards.py", "the way in which films were asked last"),
    "_rate_found": ("rate/cards.py", "the film found by its title"),
    "_rate_n_answers": ("rate/cards.py", "the number of answers when films were asked last"),
    "_rate_note": ("rate/load.py", "whether the last load or deletion worked, and what to say of it"),
    "_rate_file": ("rate/load.py", "the file that was read and not yet kept"),
    "_rate_n_files": ("rate/load.py", "how many files were read: a new box for each"),
    "_rate_rated_here": ("rate/pick_actions.py", "titles rated in the list of picks"),
    "_rate_what_if_of": ("rate/what_if.py", "the token of the profile that asked what if"),
    "_together_trouble": ("together/members.py", "why nobody was added"),
    "_map_set_cut": ("map/item_set.py", "how many films were encircled when the set was cut"),
    "_similar_described": ("similar/as_if_new.py", "the film that the description began with"),
    "_similar_measured": ("similar/as_if_new.py", "the run whose accuracy is measured"),
    "_people_pick": ("people/picker.py", "the user in the box"),
    "_people_n_tables": ("people/picker.py", "how many tables were drawn anew: another tick needs another table"),
    "_train_model": ("train/settings_form.py", "the model chosen"),
    "_train_take_over": ("train/settings_form.py", "a model and settings for the controls, from a run trained again"),
    "_train_rate_test": ("train/rate_finder.py", "the range test that was asked for"),
    "_train_replay": ("train/run.py", "the run that is replayed, and since when"),
    "_train_sealed_refused": ("train/sealed.py", "why the sealed rows were not measured"),
    "_train_trials": ("train/slider_mode.py", "the session's trials"),
    "_train_trial_note": ("train/slider_mode.py", "what became of the last trial kept or checked"),
    "_train_try_anyway": ("train/slider_mode.py", "the slow setting that is tried although it takes long"),
    "_runs_deleted": ("runs/actions.py", "the runs deleted last, for undo"),
    "_runs_n_tables": ("runs/table.py", "how many tables were drawn anew: other ticks need another table"),
    "_runs_note": ("runs/actions.py", "what became of the last action"),
    "_learn_pick_step": ("learn/step.py", "the step in the box"),
    "_learn_decay_row": ("learn/weight_decay.py", "the row whose decay is shown"),
    "_learn_dot_numbers": ("learn/dot_product.py", "the factors moved, by example"),
    "_learn_look_up_attempt": ("learn/look_up.py", "the attempt that was typed"),
}
