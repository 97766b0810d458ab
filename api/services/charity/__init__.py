"""The charity ledger as a service: books and donations, traces, disclosures, and who is told what."""
