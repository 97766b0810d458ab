"""Cremation certificates (火化证明): who was cremated, when and where, and to whom the paper was given.

殡葬管理条例. Issued by the funeral parlour, held by the applicant. One person is cremated once: a second certificate
must name the one that it replaces, and the same deceased; another relative may ask for it.
"""

from __future__ import annotations

from typing import Final

from certs.kinds.codes import DOCUMENT_TYPE, ORGANISATION_CODE
from certs.kinds.declared import Declaration, DeclaredKind
from certs.kinds.fields import Field
from certs.kinds.fieldtypes import Code, Day, Name, Text
from certs.kinds.persons import Person, person_fields
from certs.kinds.rules import adult, different, ordered

PROOF_OF_DEATH: Final = {
    "1": ("居民死亡医学证明（推断）书", "medical certificate of death"),
    "2": ("公安机关出具的死亡证明", "death certificate of the police"),
    "3": ("人民法院宣告死亡判决", "declaration of death by a court"),
    "9": ("其他", "other"),
}
RELATION: Final = {
    "1": ("配偶", "spouse"),
    "2": ("子女", "child"),
    "3": ("父母", "parent"),
    "4": ("兄弟姐妹", "sibling"),
    "5": ("其他亲属", "other relative"),
    "6": ("所在单位", "employer or institution"),
    "9": ("其他", "other"),
}
ASHES: Final = {
    "1": ("自行领取", "handed over"),
    "2": ("寄存", "kept at the parlour"),
    "3": ("节地生态安葬", "ecological burial"),
    "9": ("其他", "other"),
}
APPLICANT: Final = Person("applicant", "申请人", "applicant", born=False, documents=ORGANISATION_CODE | DOCUMENT_TYPE)
DECEASED: Final = Person("deceased", "逝者", "deceased")

KIND: Final = DeclaredKind(
    Declaration(
        number=8,
        version=1,
        name="cremation",
        zh="火化证明",
        en="cremation certificate",
        depth=5,
        fields=(
            Field("died_on", Day(), 5, "死亡日期", "died on"),
            Field("cremated_on", Day(), 6, "火化日期", "cremated on"),
            Field("proof_of_death", Code(PROOF_OF_DEATH), 7, "死亡证明类型", "proof of death"),
            Field("proof_number", Text(60), 8, "死亡证明编号", "number of the proof", required=False),
            Field("ashes", Code(ASHES), 9, "骨灰处理方式", "ashes"),
            Field("handler", Name(), 10, "经办人", "handled by"),
            *person_fields(DECEASED, 11),
            *person_fields(APPLICANT, 16),
            Field("applicant_relation", Code(RELATION), 19, "与逝者关系", "relation to the deceased"),
            Field("remark", Text(), 20, "备注", "remark", required=False),
        ),
        people=(APPLICANT, DECEASED),
        rules=(
            ordered("deceased_birth_date", "died_on", "DEATH_BEFORE_BIRTH"),
            ordered("died_on", "cremated_on", "CREMATION_BEFORE_DEATH"),
            different("deceased", "applicant"),
            adult("applicant", "cremated_on", "APPLICANT_MINOR"),
        ),
        number_label=("火化证编号", "certificate number"),
        issuing=("殡仪馆", "funeral parlour"),
        once=("deceased",),
        subject="deceased",
        notice=(
            "本证书证明遗体火化，不证明骨灰的去向或继承关系。",
            "It proves the cremation, not where the ashes are or who inherits.",
        ),
    )
)
