"""Everything a stranger needs to check a Minzheng certificate, and nothing else.

Bytes in, report out. No clock, environment, network or database is read here, and no package outside
the standard library is imported: a bank audits one folder and installs one wheel.
"""
