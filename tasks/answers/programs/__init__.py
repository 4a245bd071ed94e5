"""Hands figures to other programs in forms of their own: SDMX with its structures, and tools of seasonal adjustment.

Belongs here: writing their input, running X-13 or JDemetra+, and reading their output as rows. Does not belong here:
formats that hold any rows, such as CSV and Parquet (`form`); catalogues of whole stores (`catalogs`).
"""
