"""Reads the trade of the United Kingdom: answers of HMRC's Overseas Trade Statistics, and its files of whole months.

Belongs here: flows, commodity and partner codes, and suppression as HMRC states them. Does not belong here: JSON and
fixed width as such (`formats`).
"""
