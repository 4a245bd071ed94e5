"""Writes pages about a measure of export control: the trade around it, detours, and what both sides print.

Belongs here: the sheets of `tidewaiter detours` and `tidewaiter events brief`, with their pictures. Does not belong
here: which measure counts on a day (`controls`), and how large a detour is (`analysis.measures`).
"""
