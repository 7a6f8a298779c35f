"""Prompt sources side by side, and what language has to do with their scores.

Import from the modules: `judge` scores images with many prompt sets at once, `run` compares
sources, `audit` takes language away piece by piece, `record` is what is written.
"""
