"""What is fast, measured next to what a user would use instead: ratios in one run, never a figure that no run
printed."""

import os

from tasks.sources.registry import SOURCES

# Files that are measured are not asked about because their source is experimental.
os.environ.setdefault(
    "TIDEWAITER_EXPERIMENTAL", " ".join(name for name, source in SOURCES.items() if source.experimental)
)
