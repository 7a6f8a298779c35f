"""Prompt-engineering laboratory for zero-shot visual anomaly detection.

Every name has one import path, its module's; importing this package imports nothing else.
"""

__version__ = "0.1.0"
