"""The embedded backbone: model, frozen parts, training and evaluation."""
