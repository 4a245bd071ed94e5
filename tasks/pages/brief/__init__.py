"""Writes one page on one product and month, English or Chinese, every number with its source.

`facts` gathers numbers and rounds nothing; `sentences` and `lists` write them; `render` makes HTML and markdown;
`watched` writes the briefs of a release.
"""
