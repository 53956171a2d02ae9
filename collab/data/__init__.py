"""Input data: the catalogue of data sets and their readers, ratings as indices, splits, features, titles, answer files.

Begin with `ratings.py` (the input of every model), then `catalogue.py`. All errors in input data are raised here.
May import: errors.

Decisions:

- *Items are titles*, as in the chapter: ids that share a title are merged, and `#na#` stands in row 0 of both tables.
  MovieLens 100K has 944 × 1,665 rows that way. No rating is dropped: row i is line i of the file.
- *Ids become row numbers once* (`Dataset.encode`); from there on everything is arrays.
- *Counts and means come from training rows.* An item without one gets the average item's row, counts in the held-out
  error, and is never listed or ranked.
- *Files are checked whenever they are read*, each against its published MD5. Another file is refused; the pages name it
  and offer to fetch it again, but one in a folder of COLLAB_DATA is left as it is.
"""
