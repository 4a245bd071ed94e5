"""What every check works with: its registration, the release and the published months that it compares, how large a
doubt is, and the decision of a person about a held release.

Belongs here: `check`, `CheckContext`, and asking all checks. It doubts nothing itself. Does not belong here: a rule
about a release (`declared` and `trade`).
"""
