"""Writes the page of a series: a product's months in one direction, of all partners together and of the largest.

`data` gathers what the page knows and writes it as scripts, `page` renders the page, and `templates/series.js` draws
it in a browser.
"""
