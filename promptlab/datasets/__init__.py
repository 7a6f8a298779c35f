"""Data sets: readers for folders and packages, image and mask loading, verification."""
