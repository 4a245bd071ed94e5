"""Turns the ledger after a release, and its figures, into the next published state of a store.

Belongs here: what a release reads of the published state, the ledger that it makes with `ledger`, which files enter a
snapshot, a batch of releases, a withdrawal. Does not belong here: how statements are merged (`ledger`), how a file is
written (`store`), tables that are made of published tables (`analysis`). Start at: `publication`. Add here: a table
that moves with the pointer of a release.
"""
