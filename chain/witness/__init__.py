"""Witnesses: the service that cosigns other bodies' logs (C2SP tlog-witness), and the side that asks for it.

model · request · store · core      a witness: what it holds, what it is asked, what it answers
known_logs · policy_file            the operators' two text files
collector · observer                a log's side: collecting cosignatures, remembering through witnesses
"""
