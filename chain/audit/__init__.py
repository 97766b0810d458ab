"""The auditor's checks of log, checkpoints, witnesses, anchors: pure, streaming, written apart from what they check."""
