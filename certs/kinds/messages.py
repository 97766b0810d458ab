"""What each broken rule says to the person who mends the row, in Chinese and English, without the value.

The codes are stable: they appear in batch reports and problem details, and a test checks that each rule has both texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

_MESSAGES: Final[dict[str, tuple[str, str]]] = {
    "MISSING": ("必填项为空", "a required value is missing"),
    "MISSING_COLUMN": ("缺少该列", "the column is missing"),
    "UNKNOWN_COLUMN": ("不认识的列", "the column is not known"),
    "NOT_TEXT": ("不是文本", "the cell is not text"),
    "MUST_BE_EMPTY": ("此情形下该项应为空", "must be empty in this case"),
    "TOO_LONG": ("超过长度上限", "longer than allowed"),
    "LENGTH": ("长度不符", "the length is wrong"),
    "CHARACTERS": ("含有不允许的字符", "contains characters that the identifier does not allow"),
    "FORBIDDEN_CHARACTER": (
        "含有控制、零宽、双向或自造区字符",
        "contains a control, zero-width, bidirectional or private-use character",
    ),
    "FORMULA": ("不能以 = + - @ 开头", "begins with = + - @, which a spreadsheet would run"),
    "OUTER_SPACE": ("首尾有空格", "begins or ends with a space"),
    "SPACE": ("空格不规范", "contains repeated or unusual spaces"),
    "NOT_NFC": ("字符未按 NFC 规范化", "is not in Unicode normalization form C"),
    "DOT_AT_EDGE": ("间隔号不能在首尾", "begins or ends with a middle dot"),
    "NO_LETTER": ("不含文字", "contains no letter"),
    "CODE": ("不在代码表内", "is not in the code list"),
    "NUMBER": ("不是整数", "is not a whole number"),
    "AMOUNT": ("金额应为正整数分且不超过上限", "the amount must be a positive number of fen below the limit"),
    "DATE": ("日期不存在", "no such date"),
    "DATE_FORMAT": ("日期应为 YYYY-MM-DD", "a date is written YYYY-MM-DD"),
    "FUTURE_DATE": ("日期在今天之后", "the date lies in the future"),
    "DATE_TOO_EARLY": ("日期过早", "the date is too early to be right"),
    "CHECK_CHARACTER": ("校验码错误", "the check character is wrong"),
    "ORG_CODE_CHECK": ("内嵌组织机构代码校验错误", "the embedded organisation code's check character is wrong"),
    "ORDER": ("顺序码错误", "the order number is wrong"),
    "STRUCTURE": ("格式不符", "the form is wrong"),
    "TYPE_CODE": ("证照类型代码错误", "the certificate type code is wrong"),
    "ISSUER_CODE": ("颁发机构代码错误", "the issuer code is wrong"),
    "VERSION": ("版本号错误", "the version is wrong"),
    "SERIAL": ("流水号错误", "the serial is wrong"),
    "REGION": ("行政区划代码错误", "the region code is wrong"),
    "YEAR": ("年份错误", "the year is wrong"),
    "BIRTH_MISMATCH": ("出生日期与身份证件号不一致", "the birth date differs from the identity number"),
    "SEX_MISMATCH": ("性别与身份证件号不一致", "the sex differs from the identity number"),
    "UNDER_AGE": ("未达法定婚龄（男22周岁，女20周岁）", "below the age of marriage (man 22, woman 20)"),
    "SAME_PERSON": ("双方为同一人", "both parties are the same person"),
    "DOCUMENT_FOR_STATUS": ("证件类型与人员类别不符", "the document type does not fit the party's status"),
    "NATION_FOR_STATUS": ("国籍与人员类别不符", "the nationality does not fit the party's status"),
    "DOCUMENT_NUMBER": ("证件号码格式错误", "the document number has the wrong form"),
    "PREFIX_FOR_OPERATION": ("字号类型与业务类型不符", "the serial's prefix does not fit the operation"),
    "YEAR_FOR_DATE": ("字号年份与登记日期不符", "the serial's year differs from the registration date"),
    "REGION_FOR_OFFICE": ("字号区划与登记机关不符", "the serial's region is not the registering office's"),
    "SAME_ZIHAO": ("新旧字号相同", "the old serial equals the new one"),
    "OLD_AFTER_NEW": ("原字号年份晚于补领日期", "the old serial is later than the re-issue"),
    "EFFECTIVE_AFTER_REGISTRATION": ("效力起算日晚于登记日", "the effect begins after the registration"),
    "EFFECTIVE_NEEDS_REMEDY": (
        "效力起算日早于登记日须为补办登记",
        "an effect earlier than the registration needs remedy_flag 1",
    ),
    "REMEDY_NEEDS_EARLIER": ("补办登记须填更早的效力起算日", "remedy_flag 1 needs an earlier effective_from"),
    "REMEDY_WITH_REISSUE": ("补领不能同时为补办", "a re-issue cannot be a remedial registration"),
    "PLAN_OTHER_CHARITY": ("募捐方案不属于该慈善组织", "the plan belongs to another charity"),
    "PERSON_OR_BODY": ("捐赠人类型错误", "the donor type is wrong"),
    "ANONYMOUS_STATUS": ("票据状态与匿名标志不符", "the receipt status does not fit the anonymous flag"),
    "RECEIPT_CODE": ("票据代码应为8位数字", "a receipt code has 8 digits"),
    "RECEIPT_NUMBER": ("票据号码应为10位数字", "a receipt number has 10 digits"),
    "ISSUER_UNKNOWN": ("颁发机构未在本系统配置", "the issuing authority is not configured here"),
    "KIND_NOT_ALLOWED": ("该机构不颁发此类证照", "this authority does not issue this kind"),
    "CONFLICT": (
        "该业务编号已用不同内容颁发过，首次颁发的证照有效",
        "this business id was issued with other content; the first certificate stands",
    ),
    "NUMBER_TAKEN": ("该号码已被另一业务使用", "the number is already used by another registration"),
    "OLD_OF_OTHER_PEOPLE": ("原字号的证照属于他人", "the old serial's certificates belong to other people"),
    "HAS_ONE_ALREADY": (
        "已有有效的此类证照，须注明所替换的证书",
        "there is one in force already: name it as the one to replace",
    ),
    "REPLACES_ITSELF": ("原证书编号与本证书编号相同", "a certificate cannot replace itself"),
    "MONTH_FORMAT": ("月份应为 YYYY-MM", "a month is written YYYY-MM"),
    "RANGE": ("数值超出范围", "the number is out of range"),
    "PERIOD_ORDER": ("有效期止早于起始日", "the period ends before it begins"),
    "PERIOD_OVER": ("有效期已过", "the period is over"),
    "PERIOD_TOO_LONG": ("有效期过长", "the period is too long"),
    "PAID_FROM": (
        "起发月份应在确认当月至其后三个月内",
        "payment begins in the month of approval or up to three months later",
    ),
    "COVERED_MEMBERS": ("保障人口多于家庭人口", "more members are covered than the household has"),
    "CARD_NUMBER": ("残疾人证号格式错误", "the disability card number has the wrong form"),
    "CARD_OF_OTHER_PERSON": ("残疾人证号与身份证号不一致", "the disability card is another person's"),
    "CARD_CATEGORY": ("残疾人证号的类别码不符", "the card number says another category"),
    "CARD_GRADE": ("残疾人证号的等级码不符", "the card number says another grade"),
    "NO_SUBSIDY": ("两项补贴至少填一项", "at least one of the two subsidies is needed"),
    "NURSING_GRADE": ("护理补贴限重度残疾人", "the nursing subsidy is for severe disability"),
    "GRADE_FOR_SCORE": ("能力等级与评估总分不符", "the grade does not follow from the score"),
    "NOT_OLD": ("评估时未满60周岁", "below 60 years of age on the day of assessment"),
    "NOT_A_CHILD": ("确认时已满18周岁", "18 years of age or more on the day of approval"),
    "PAST_MAJORITY": ("有效期超过18周岁生日且未在校", "valid past the eighteenth birthday without being at school"),
    "GUARDIAN_FOR_PLACEMENT": ("集中养育儿童的监护人应为机构", "the guardian of a child in an institution is a body"),
    "GUARDIAN_MINOR": ("监护人未满18周岁", "the guardian is below 18"),
    "APPLICANT_MINOR": ("申请人未满18周岁", "the applicant is below 18"),
    "DEATH_BEFORE_BIRTH": ("死亡日期早于出生日期", "the death lies before the birth"),
    "CREMATION_BEFORE_DEATH": ("火化日期早于死亡日期", "the cremation lies before the death"),
    "REGION_UNKNOWN": ("区划代码不在代码表内（仅提示）", "the region code is in no list (a note only)"),
    "NOT_DISCLOSED": ("文件中没有该披露项", "the file cannot show that field"),
    "OLD_ISSUER_UNKNOWN": ("原证照的颁发机构未在本系统配置", "the old certificates' authority is not configured here"),
    # marriages and divorces against what is recorded
    "ALREADY_MARRIED": ("该当事人已有存续的婚姻登记", "this person has a recorded marriage that lasts"),
    "PARTY_DECEASED": ("该当事人已登记死亡", "this person's death is recorded"),
    "RENEWAL_NOT_FLAGGED": ("双方曾登记离婚，应标记为复婚", "the two were divorced before: renew_flag must be 1"),
    "RENEWAL_WITH_REISSUE": ("补领不能同时为复婚", "a re-issue cannot be a remarriage"),
    "DIVORCE_BEFORE_MARRIAGE": ("早于双方的结婚日期", "the day lies before the marriage of the two"),
    "DIVORCE_FROM_REGISTRATION": ("离婚自登记之日起生效", "a divorce has effect from the day of its registration"),
    "NOT_MARRIED": ("双方没有存续的婚姻登记", "the two have no recorded marriage that lasts"),
    "NOT_DIVORCED": ("双方婚姻存续，不能补领离婚证", "the two are married: a divorce certificate is not made again"),
    "MARRIED_TO_ANOTHER": ("该当事人与他人的婚姻存续", "this person's recorded marriage is with somebody else"),
    "EFFECT_DIFFERS": ("与原登记的效力日期不一致", "differs from the day of effect of the original registration"),
    "ONE_PERSON": ("死亡登记只填死者一人", "a death names the one who died and nobody else"),
    "NO_SUCH_REGISTRATION": ("没有可更正的登记", "there is no such registration to correct"),
    "NOT_A_REGISTRATION": ("此类证照不是婚姻登记", "this kind registers no event"),
    # said, never refused
    "OLD_CERTIFICATE_NOT_HERE": ("原证照为纸质，本系统无记录", "the old certificate is on paper, not recorded here"),
    "MARRIAGE_NOT_HERE": ("双方的结婚登记不在本系统", "the marriage of the two is not recorded here"),
    "EARLIER_MARRIAGE_NOT_HERE": ("此前的婚姻登记不在本系统", "the earlier marriage is not recorded here"),
    "SAME_NAME_AND_BIRTH": (
        "有同名同出生日期者的婚姻登记，请人工核对",
        "somebody of this name and birth date is recorded under another document: look into it",
    ),
    "LEGACY_NUMBER": ("旧式字号", "a serial of an old form"),
    "ID_15_DIGITS": ("15位身份证号码，已按规则升位", "an identity number of 15 digits, lengthened by rule"),
    "AGE_OF_ITS_TIME": ("低于现行法定婚龄", "below today's age of marriage"),
}

CODES: Final = frozenset(_MESSAGES)
_OF_KINDS: Final[dict[str, tuple[str, str]]] = {}


def adopt(texts: Iterable[Mapping[str, tuple[str, str]]]) -> None:
    """Take over the texts that kinds bring along for rules of their own, instead of those taken over before.

    Raises ValueError for a code that has another text already: two rules under one name.
    """
    found: dict[str, tuple[str, str]] = {}
    for own in texts:
        for code, pair in own.items():
            if (_MESSAGES | found).get(code, pair) != pair:
                raise ValueError(f"rule {code} has two texts")
            found[code] = pair
    _OF_KINDS.clear()
    _OF_KINDS.update(found)


def known(code: str) -> bool:
    """Whether a rule of that code has a text."""
    return code in _MESSAGES or code in _OF_KINDS


def message(code: str, lang: str) -> str:
    """Text of a rule in "zh" or "en". Raises KeyError for a code that has none: a rule without a text is a defect."""
    pair = _MESSAGES.get(code) or _OF_KINDS[code]
    return pair[0 if lang == "zh" else 1]
