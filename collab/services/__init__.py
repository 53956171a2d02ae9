"""Files and processes: run folders, the job queue and its workers, downloads, profiles, the environment. No Streamlit.

Begin with `runs.py` (what a run folder holds), `training_job.py` (one training from plan to folder) and `jobs.py` (the queue).
`notebook.py` and `run.py` are what `import collab` gives a notebook.
May import: errors, data, models, training, explore, recommend, lessons.

Ratings file → `data` → `Ratings` → split → `models` → `training/fit.py` → a run folder, kept here → `explore`,
`recommend` → `ui`.

Runs:

- *A run is a folder* of JSON, CSV and safetensors (`runs.py`), with tables of its own of items and users, so the pages
  that explore it need nothing else. A crash loses what came after the last write of the weights: one a second at most,
  one every five seconds within a long epoch, and one where the process is told to end.
- *What is read is checked*, on every load and at `import-run` alike: the record by a schema with bounds for every entry
  and a digest of itself, the other files by their digests in the record, tables and shapes of weights against the
  settings before a model is built (`run_record.py`, `run_files.py`). What fails is damaged: listed as such, never
  chosen, and it can be deleted.
- *What is written reaches the disk before it gets its name* (`disk.py`). What cannot be written is a `StorageError`,
  which says what happened, what is safe and what to do. `housekeeping.py` removes what killed processes leave.
- *Formats carry a number*, run folders and the database of profiles alike. Another one is refused by name and left
  alone.
- *The default run is what a visitor without a link sees* (`default_run.py`): the pinned one, else the first to arrive
  with the default settings. What somebody trains is in use for them, and in the list for all.

Work in the background:

- *Everything is a job*: trainings, trials, t-SNE, downloads, the range test and the measurement on items left out. The
  queue is one SQLite file in the home (`job_queue.py`), so any number of servers share it, and a reload, a second tab
  or another server sees the same. Waiting trainings and downloads survive all servers; a run in work is saved as
  interrupted, anything else begins again.
- *A worker is a process for one lane*, with one thread (`worker.py`). That of the trainings is niced, and warm before
  it is needed: it has read the data and rehearsed one step of every model on the sample; a start waits for one
  rehearsal at most. That of the trials is as quick as the pages. What cannot be interrupted (t-SNE, downloads,
  measures) is stopped by ending its process.
- *A worker that dies or is silent for too long* (30 s, or ten of its longest epochs) is replaced, one that cannot start
  is tried again, and the queue goes on. Where a server dies, its workers notice that their input has closed, save and
  end.
- *Nobody waits for all that somebody else has asked for*: the jobs of a lane take turns by person. A person has three
  runs waiting at most, or 50 that were asked for at once, none longer than an hour (`trainings.py`, `time_limit.py`).
  Estimates are good to a factor of two; a refusal names epochs, factors, batches or sizes that would fit. The server's
  own runs, which every page waits for, know none of these limits and have a lane of their own; nor does the command
  line.
- *A job stops when the last who waits for it stops it.* An empty file `stop` in a run's folder stops it from outside
  the server.
- *A trial is a run folder that nobody lists* (`trials.py`). Which settings follow a slider is decided from an estimate
  of their time (`models/cost.py`), so that it never depends on how busy the machine is.
- *No library does this*: huey, for one, cannot end a job that runs, and loses one whose worker dies.
"""
