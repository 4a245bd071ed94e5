"""Immutable snapshots of Parquet files behind one pointer, in a folder or in a bucket.

Belongs here: files, snapshots, publication, S3 and working copies of a bucket, verification, retention, which stores
lie below a root. A store knows tables, partitions, paths, hashes and rows. Does not belong here: what a row means,
which files a release replaces (`publication`). Only `filesystem` changes what a reader finds in a store, and only `s3`
talks to a bucket. Floors from low to high: the `files` of a snapshot, making `snapshots`, a `bucket`, and the `places`
of stores. Start at: `files.snapshot` (open and list), `snapshots.publish` (write), `snapshots.parquet` (frames to files
and back), `bucket.resolve` (for plain readers). Add here: a storage backend.
"""
