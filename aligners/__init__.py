"""Aligners turn a backbone's local features into embeddings that can be compared with text.

A leaf package: tensors in, tensors out. Importing it registers every aligner that ships.
"""

from aligners import blend, fine_grained, gem, global_, patch, value, window
from aligners.base import ALIGNERS

__all__ = ["ALIGNERS", "blend", "fine_grained", "gem", "global_", "patch", "value", "window"]
