"""OFD (GB/T 33190-2016): the fixed-layout form of a certificate, written from the same page as the PDF.

files = render(page, code=code, holder_file=mzc, custom={"ZZMC": "结婚证", …}, issued_at=1_790_000_000)
verifier.package.write(files)                              the file, unsealed
"""

from __future__ import annotations

from certs.documents.ofd.writer import Rendered, render, render_with_stamp

__all__ = ["Rendered", "render", "render_with_stamp"]
