"""Reads what China's customs (GACC) publish: downloads of the query site, and the tables of bulletins and first
releases.

Belongs here: layouts, column names, words for totals, spellings and known errors of GACC in Chinese and English, and
the lists of its pages. Does not belong here: cells of pages and workbooks as such (`formats`). Start at: `gacc_query`
for downloads, `gacc_site` for pages.
"""
