"""Says which figures rest on a number in doubt: the part of a sum, a window or a comparison that open findings are
about.

Belongs here: weighing doubted statements in levels and figures, the columns `in_doubt` and `figures_in_doubt`. Does not
belong here: which statements a finding is about (`ledger.doubts`), the figures themselves (`figures`).
"""
