"""The charity ledger as a stranger reads it: books of public events, lines of fen, epochs, traces, the public audit."""
