"""Defines the commands: `app` combines what its rooms offer.

Belongs here: options, output, exit codes, signals, a local server. Floors from low to high: what commands are made with
(`frame`), the local `server`, commands that read a store (`questions`) and that change it (`releases`), and `app`,
which combines them. Imports of data libraries are inside the commands, so that a page of help loads none. Does not
belong here: a rule about data.
"""
