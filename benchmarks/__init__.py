"""What is fast, measured next to what a user would use instead: ratios in one run, never a figure that no run
printed."""
