"""Files and processes: run folders, the job queue and its workers, downloads, profiles, the environment. No Streamlit.

Begin with `runs.py` (what a run folder holds), `training_job.py` (one training from plan to folder) and `jobs.py` (the queue).
May import: errors, data, models, training, explore, recommend, lessons.
"""
