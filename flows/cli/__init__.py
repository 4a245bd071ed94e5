"""Defines the commands: `app` combines what `ingest`, `read` and `brief` offer.

Belongs here: options, output, exit codes, signals, a local server. Imports of data libraries are inside the commands,
so that a page of help loads none. Does not belong here: a rule about data.
"""
