"""What is fast, measured next to what a user would use instead: ratios in one run, never a figure that no run printed."""

import os

# Files that are measured are not asked about because their source is experimental.
os.environ.setdefault("TIDEWAITER_EXPERIMENTAL", "eurostat_bulk gacc_bulletin hmrc_ots japan_estat")
