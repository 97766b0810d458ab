"""The page of a marriage certificate: what sets it apart from a divorce certificate."""

from __future__ import annotations

from certs.documents.couple import Couple, couple_layout
from certs.documents.layout import Layout
from certs.documents.view import Words
from certs.kinds.base import KindInfo

_NOTE = Words(
    "扫码仅验证证书真伪与是否有效，不显示个人信息，也不证明当事人当前的婚姻状况。纸面内容以核验通过的电子证照为准。",
    "Scanning checks only whether this certificate is genuine and still valid. It shows no personal data and does not "
    "prove the present marital status of the parties. The verified electronic certificate prevails over this page.",
)


def layout(info: KindInfo) -> Layout:
    return couple_layout(
        info,
        Couple(
            accent="#8c1d22",
            second=("spouse", Words("配偶", "Spouse")),
            replaced=Words("原结婚证字号", "Replaces certificate"),
            effect=Words("婚姻关系自{}起", "Married with effect from {}"),
            notes=(_NOTE,),
            left_out=frozenset({"holder_role"}),
        ),
    )
