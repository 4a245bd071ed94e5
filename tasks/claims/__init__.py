"""Compares figures that others printed with the ledger.

Belongs here: reading a claim, finding the figure that it names, the verdict, publication as the table `claim`.
Does not belong here: pages and terminals (`reports`). Add here: a unit or a way of writing of the press.
"""
