"""Immutable snapshots of Parquet files behind one pointer, in a folder or in a bucket.

Belongs here: files, snapshots, publication, S3 and working copies of a bucket, verification, retention, which stores
lie below a root. A store knows tables, partitions, paths, hashes and rows. Does not belong here: what a row means,
which files a release replaces (`publication`). Only `filesystem` changes what a reader finds in a store, and only `s3`
talks to a bucket. Start at: `snapshot` (open and list), `publish` (write), `parquet` (frames to files and back),
`resolve` (for plain readers). Add here: a storage backend.
"""
