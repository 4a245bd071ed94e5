"""What is found wrong or doubtful: the finding with its columns, and a doubt in words.

Belongs here: building findings, and the sentences of doubts in either language. Does not belong here: which findings
are open (`ledger.doubts`), which numbers they reach (`metrics.doubt`), what a check looks for (`checks`).
"""
