"""The HTML report of runs and sweeps: one self-contained file for people."""

from promptlab.report.build import build_report

__all__ = ["build_report"]
