"""Edit prompts and see at once what one image makes of them: a widget for JupyterLab.

Knows no label: a score that rises on one image is an anecdote, not a result.
"""

from promptlab.explorer.judge import Judge, Verdict
from promptlab.explorer.widget import SCORERS_OFFERED, Explorer, read_lines

__all__ = ["SCORERS_OFFERED", "Explorer", "Judge", "Verdict", "read_lines"]
