"""The timeline: lanes of labels, of what the model says and of whatever else runs with a video."""
