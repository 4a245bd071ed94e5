"""A snapshot as files of a folder: its manifest, opening and listing it, verifying it, and the one module that changes
what a reader finds.

Belongs here: pointer, manifest, locks, temporary files and syncs of a file system (`filesystem`). Does not belong here:
publishing (`snapshots`), a bucket (`bucket`). Start at: `snapshot`.
"""
