"""Writes the page of a series: a product's months in one direction, of all partners together and of the largest.

`data` gathers what the page knows and writes it as scripts, `page` renders the page, and `templates/series.js` draws
it in a browser.

Belongs here: what the page shows of each line and month, its tables and links. Does not belong here: which pages there
are (`site`), pictures for a question (`charts`).
"""
