"""Reads the trade of the United States: answers of the Census Bureau's API, and its monthly archives in fixed width.

Belongs here: districts, tariff lines, kinds of import, duties and control totals as the Bureau prints them. Does not
belong here: cutting a line of fixed width into fields (`formats`).
"""
