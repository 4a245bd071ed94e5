"""Presents the figures: queries, the terminal, exports, pages, charts, briefs.

Belongs here: rounding and words, once the figures are made. May read `claims`. Does not belong here: computing a
figure.
Start at: `query`. Add here: a page.
"""
