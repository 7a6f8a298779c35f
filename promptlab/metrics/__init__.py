"""Metrics of anomaly scores and maps: ranking formulas, image scores, pixel maps, categories."""
