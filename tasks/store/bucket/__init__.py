"""A store in a bucket: requests to S3, snapshots there, and the working copy of it on this machine.

Belongs here: addresses, conditional writes, retries, what is copied and when. Only `s3` talks to a bucket. Does not
belong here: how a folder is published (`snapshots`). Start at: `working_copy`; plain readers at `resolve`.
"""
