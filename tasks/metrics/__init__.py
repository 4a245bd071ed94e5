"""Computes metrics from the ledger: levels, sums, growth, shares, ranks, records.

Belongs here: pure functions from frames to the table `metric`: which months are covered, sums over codes and partners,
windows of months, figures, and which figures rest on a number in doubt. Does not belong here: which months are computed
and where (`derive`), tables made of published figures (`analysis`), reading files, texts for people. Floors from
low to high: `levels`, `figures`, `doubt`, the `rows` of the table, and `derive`, which goes through the months. Start
at: `derive`. Add here: a metric.
"""
