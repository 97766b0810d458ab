"""The page of a divorce certificate: what sets it apart from a marriage certificate."""

from __future__ import annotations

from certs.documents.couple import Couple, couple_layout
from certs.documents.layout import Layout
from certs.documents.view import Words
from certs.kinds.base import KindInfo

_NOTE = Words(
    "扫码仅验证证书真伪与是否有效，不显示个人信息，也不证明持证人当前的婚姻状况。纸面内容以核验通过的电子证照为准。",
    "Scanning checks only whether this certificate is genuine and still valid. It shows no personal data and does not "
    "prove the holder's present marital status. The verified electronic certificate prevails over this page.",
)


def layout(info: KindInfo) -> Layout:
    return couple_layout(
        info,
        Couple(
            accent="#1f5c4d",
            second=("former_spouse", Words("原配偶", "Former spouse")),
            replaced=Words("原离婚证字号", "Replaces certificate"),
            effect=Words("自{}起解除婚姻关系", "Divorced with effect from {}"),
            notes=(_NOTE,),
            left_out=frozenset({"holder_role"}),
        ),
    )
