"""In-memory stand-ins for the ports of `certs`, with the semantics of transactions."""
