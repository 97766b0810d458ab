"""`mzt demo`: the main job on synthetic data, and a stranger who checks every piece of it."""
