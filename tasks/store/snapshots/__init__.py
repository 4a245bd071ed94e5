"""Makes a new snapshot: frames to Parquet files and objects, what is verified before the pointer moves, what is kept.

Belongs here: publication in a folder, files that wait for it, retention, frames from files and back. Does not belong
here: which files a release replaces (`publication`), a bucket (`bucket`). Start at: `publish`.
"""
