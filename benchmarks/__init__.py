"""What is fast, measured beside what a user would use instead: ratios in one run, never a figure that no run printed."""
