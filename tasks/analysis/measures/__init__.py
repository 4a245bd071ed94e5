"""Computes what a measure changed: trade that may go by another country instead, and duties assessed.

Belongs here: windows before and after a measure, routes and their chance, duty by value. It publishes no table. Does
not belong here: which measure counts (`controls`), rows and notes for a reader (`answers.measures`).
"""
