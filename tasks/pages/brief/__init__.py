"""Writes one page on one product and month, English or Chinese, every number with its source.

`facts` gathers numbers and rounds nothing; `sentences` and `lists` write them; `render` makes HTML and markdown;
`watched` writes the briefs of a release.

Belongs here: facts of a product and month, their order and tables, also of a list of goods. Does not belong here: words
and sentences that other pages share (`text`), charts (`charts`).
"""
