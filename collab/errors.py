"""The error tree: everything Collab complains about on purpose.

CollabError
 ├─ DataError       a ratings, film or user file is wrong: the message names file, line and remedy
 ├─ DownloadError   a data set could not be fetched, or what came is not what was expected
 ├─ SettingError    a setting, option or environment variable has a value that is not allowed (also a ValueError)
 ├─ RunError        a run does not exist, cannot be read, or cannot do what was asked
 │   └─ StorageError    what was to be kept could not be written: full, read-only or vanished disk
 └─ ProfileError    a profile link is unknown or may only look, or the database of profiles cannot be used

A message says what was wrong, where, and what to do next. Checks stand at the border, once; the core trusts its input.
"""


class CollabError(Exception):
    """Base of all errors that are the input's, the settings' or the surroundings' fault, never Collab's own slips."""


class DataError(CollabError):
    """Raised while reading a data set or a file of ratings that does not hold what it should."""


class DownloadError(CollabError):
    """Raised when a data set cannot be fetched or fails its check."""


class SettingError(CollabError, ValueError):
    """Raised for a setting that is unknown or out of its allowed range."""


class RunError(CollabError):
    """Raised for a run that is missing, unreadable, or unfit for what was asked of it."""


class StorageError(RunError):
    """Raised where a run, or what goes with it, cannot be written; the message says what is safe."""


class ProfileError(CollabError):
    """Raised for an unknown profile, a change through a link that may only look, or a database that cannot be used."""
