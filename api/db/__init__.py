"""SQL adapters of the ports that `certs` and `chain` state. Core only: no ORM on any path."""
