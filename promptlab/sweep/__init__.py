"""Search configurations with Optuna on some categories, report the winner on others.

Optuna sees the search categories only. The default configuration and the static baseline are
measured beside the winner on the report categories, so that over-tuning shows. Only this package
knows Optuna; it does not know how an image is scored.
"""

from promptlab.sweep.folds import Fold, make_folds
from promptlab.sweep.run import BEST_FILE, StudyHome, run_sweep
from promptlab.sweep.space import Dimension, count_points, read_space
from promptlab.sweep.storage import hide_password
from promptlab.sweep.worker import SweepInterruptedError

__all__ = [
    "BEST_FILE",
    "Dimension",
    "Fold",
    "StudyHome",
    "SweepInterruptedError",
    "count_points",
    "hide_password",
    "make_folds",
    "read_space",
    "run_sweep",
]
