"""Background work: sequence, checkpoint, publish, anchor. Each piece is also a plain call, for the command line."""
