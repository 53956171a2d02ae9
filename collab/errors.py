"""The error tree: all errors that Collab raises on purpose.

CollabError
 ├─ DataError       a ratings, film or user file is invalid: the message names file, line and remedy
 ├─ DownloadError   a data set could not be downloaded, or failed its check
 ├─ SettingError    a setting, option or environment variable has a value that is not allowed (also a ValueError)
 ├─ RunError        a run does not exist, cannot be read, or cannot do what was asked
 │   └─ StorageError    a run or other data could not be written: full, read-only or missing disk
 └─ ProfileError    a profile link is unknown or view-only, or the database of profiles cannot be used

A message says what was wrong, where, and what to do next. Input is checked once, at the boundary; the core trusts it.
"""


class CollabError(Exception):
    """Base of all errors caused by input, settings or the environment, never by a bug in Collab."""


class DataError(CollabError):
    """Raised for a data set or a ratings file that is missing, damaged or invalid."""


class DownloadError(CollabError):
    """Raised when a data set cannot be downloaded or fails its check."""


class SettingError(CollabError, ValueError):
    """Raised for a setting that is unknown or out of its allowed range."""


class RunError(CollabError):
    """Raised for a run that is missing, unreadable, or unable to do what was asked."""


class StorageError(RunError):
    """Raised when a run or other data cannot be written; the message says what is safe."""


class ProfileError(CollabError):
    """Raised for an unknown profile, a change through a view-only link, or a database that cannot be used."""
