"""The HTML report of runs and sweeps, one self-contained file for people, and Markdown tables."""
