/** Labels of disclosed fields and of the codes in them. Names as in certs/kinds; a test compares the two. */

/** @type {Record<string, [string, string]>} name → [zh, en] */
export const FIELDS = {
  cert_identifier: ['电子证照标识', 'Certificate identifier'],
  zihao: ['结婚证字号', 'Certificate serial'],
  original_zihao: ['原字号', 'Original serial'],
  registration_date: ['登记日期', 'Date of registration'],
  effective_from: ['效力起算日', 'In effect from'],
  remark: ['备注', 'Remark'],
  issuer_name: ['婚姻登记机关', 'Registration authority'],
  issuer_uscc: ['登记机关代码', 'Authority code'],
  registrar: ['婚姻登记员', 'Registrar'],
  holder_role: ['持证人身份', 'Holder’s role'],
  donation_no: ['捐赠编号', 'Donation number'],
  charity_name: ['慈善组织', 'Charity'],
  charity_uscc: ['慈善组织代码', 'Charity code'],
  plan_filing_no: ['募捐方案备案编号', 'Plan filing number'],
  project: ['慈善项目', 'Project'],
  purpose: ['捐赠用途', 'Purpose'],
  donor_type: ['捐赠人类型', 'Donor type'],
  donor_name: ['捐赠人', 'Donor'],
  amount_fen: ['金额', 'Amount'],
  received_on: ['收到日期', 'Received on'],
  channel: ['捐赠渠道', 'Channel'],
  handler: ['经手人', 'Handled by'],
  receipt_code: ['票据代码', 'Receipt code'],
  receipt_number: ['票据号码', 'Receipt number'],
  notice: ['说明', 'Notice'],
};

/** @type {[string, string, string][]} */
const PERSON = [
  ['name', '姓名', 'name'], ['sex', '性别', 'sex'], ['nationality', '国籍', 'nationality'],
  ['birth_date', '出生日期', 'date of birth'], ['document_type', '证件类型', 'document type'],
  ['document_number', '身份证件号', 'document number'],
];
for (const [who, zh, en] of [['holder', '持证人', 'Holder’s '], ['spouse', '配偶', 'Spouse’s ']]) {
  for (const [name, label, text] of PERSON) FIELDS[`${who}_${name}`] = [zh + label, en + text];
}

const SEX = /** @type {Record<string, [string, string]>} */ ({
  0: ['未知的性别', 'unknown'], 1: ['男', 'male'], 2: ['女', 'female'], 9: ['未说明的性别', 'not stated'],
});
const DOCUMENT = /** @type {Record<string, [string, string]>} */ ({
  111: ['居民身份证', 'resident identity card'], 112: ['临时居民身份证', 'temporary identity card'],
  113: ['户口簿', 'household register'], '001': ['统一社会信用代码', 'unified social credit code'],
  114: ['军官证', 'officer’s card'], 115: ['武警警官证', 'armed police officer’s card'],
  414: ['普通护照', 'passport'], 511: ['台湾居民来往大陆通行证', 'travel permit of Taiwan residents'],
  516: ['港澳居民来往内地通行证', 'travel permit of Hong Kong and Macao residents'],
  553: ['外国人永久居留身份证', 'permanent residence card of foreigners'],
});
const COUNTRY = /** @type {Record<string, [string, string]>} */ ({ 156: ['中国', 'China'] });

/** @type {Record<string, Record<string, [string, string]>>} */
const CODES = {
  holder_role: { man: ['男方', 'husband'], woman: ['女方', 'wife'] },
  donor_type: { 1: ['个人', 'person'], 2: ['单位', 'organisation'] },
};

/** Of whichever person: every kind calls these fields alike. @type {[RegExp, Record<string, [string, string]>][]} */
const OF_PEOPLE = [[/_sex$/, SEX], [/_document_type$/, DOCUMENT], [/_nationality$/, COUNTRY]];

/** Label of a field, or its name. @param {string} name @param {'zh' | 'en'} lang @returns {string} */
export function fieldLabel(name, lang) {
  return Object.hasOwn(FIELDS, name) ? FIELDS[name][lang === 'zh' ? 0 : 1] : name;
}

/** Label of a code, or the value as it is. @param {string} name @param {unknown} value @param {'zh' | 'en'} lang @returns {string} */
export function valueText(name, value, lang) {
  // own members only: a field may be called "constructor"
  const codes = Object.hasOwn(CODES, name) ? CODES[name] : OF_PEOPLE.find(([form]) => form.test(name))?.[1] ?? {};
  const found = Object.hasOwn(codes, String(value)) ? codes[String(value)] : null;
  return found ? found[lang === 'zh' ? 0 : 1] : String(value);
}
