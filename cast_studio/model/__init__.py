"""The CAST network, its weights and its predictor."""
