"""Declares the International Trade API of the United States Census Bureau; its archives are experimental."""
