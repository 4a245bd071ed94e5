"""Figures that others printed, compared with the ledger.

Belongs here: reading a claim, finding the figure that it speaks of, the verdict, publication as the table `claim`.
Does not belong here: pages and terminals (`reports`). Add here: a unit or a way of writing of the press.
"""
