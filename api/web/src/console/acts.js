/**
 * What an officer can record, as tables: events of a fund, and of the charity's general book. Names and members are those of
 * the events (docs/formats/charity-book.md, docs/formats/charity-general.md); `final`: asked about before it is sent, because
 * no later event undoes it, or because money has left.
 */

/** @typedef {import('./fields.js').Field} Field */
/** @typedef {{group: string, final?: boolean, fields: Field[], fixed?: Record<string, any>}} Act `fixed`: members that no form asks for */

const CLASSES = ['direct_aid', 'service_cost', 'fundraising_cost', 'admin'];
/** @type {Field} */
const amount = { name: 'amount', type: 'amount' };
/** @type {Field} */
const payment = { name: 'no', type: 'payment', label: 'payment', states: 'paid acknowledged' };
/** The day on which it happened, where that is not today. @type {Field} */
const on = { name: 'on', type: 'day', optional: true };
/** @type {Field} */
const donation = { name: 'donation_no', type: 'text', label: 'donation_no' };
/** The charity's own: sealed, not published. @type {{type: string, in: string, optional: boolean, max: number}} */
const PRIVATE = { type: 'text', in: 'notes', optional: true, max: 100 };
/** What is left of a donation, or a part of that. @type {Field} */
const part = { name: 'amount', type: 'amount', optional: true, label: 'part' };
/** @param {...string} choices @returns {Field} */
const why = (...choices) => ({ name: 'reason', type: 'reason', choices: [...choices, 'other'] });
/** @param {string} name @returns {Field} */
const file = (name) => ({ name, type: 'file' });

/** A number of the charity's own: recorded once, whoever enters it. @type {Field} */
export const OWN_NUMBER = { name: 'own_number', type: 'text', optional: true };

/** Events of a fund. @type {Record<string, Act>} */
export const FUND_ACTS = {
  allocated: { group: 'plan', fields: [{ name: 'project', type: 'text' }, { name: 'purpose', type: 'text' }, amount, file('decision')] },
  released: { group: 'plan', fields: [{ name: 'no', type: 'allocation', label: 'allocation' }, amount, why('not-needed', 'project-ended', 'entered-wrongly')] },
  reserved: {
    group: 'pay',
    fields: [{ name: 'allocation', type: 'allocation' }, amount, { name: 'cost_class', type: 'choice', choices: CLASSES }, { name: 'payee_type', type: 'choice', choices: ['beneficiary', 'implementer', 'supplier', 'staff'] }, { ...PRIVATE, name: 'payee' }],
  },
  cancelled: { group: 'pay', fields: [{ ...payment, states: 'reserved' }, why('not-needed', 'payee-changed', 'entered-wrongly')] },
  paid: { group: 'pay', final: true, fields: [{ ...payment, states: 'reserved' }, on, file('voucher')] },
  acknowledged: {
    group: 'pay', final: true, fixed: { beneficiary: null },
    fields: [{ ...payment, states: 'paid' }, amount, on, file('evidence'), { name: 'signer', type: 'choice', choices: ['beneficiary', 'two_witnesses'] }, { ...PRIVATE, name: 'signed_by' }],
  },
  payment_returned: { group: 'pay', final: true, fields: [{ ...payment, states: 'paid' }, amount, why('payee-returned', 'payment-failed', 'over-paid')] },
  donation_returned: { group: 'donor', final: true, fields: [donation, part, why('donor-asked', 'purpose-failed', 'not-acceptable')] },
  redirected: { group: 'donor', final: true, fields: [donation, part, { name: 'target', type: 'fund' }, file('consent')] },
  pledged: { group: 'donor', fields: [amount, { name: 'due', type: 'day', ahead: true }] },
  pledge_withdrawn: { group: 'donor', fields: [{ name: 'no', type: 'count', label: 'pledge_no' }, why('donor-asked', 'not-reachable', 'entered-wrongly')] },
  income: { group: 'money', fields: [amount, { name: 'source', type: 'reason', choices: ['interest', 'investment', 'government', 'services', 'other'] }] },
  transferred: { group: 'money', final: true, fields: [{ name: 'target', type: 'fund' }, amount, file('decision')] },
  surplus: { group: 'money', final: true, fields: [amount, { name: 'recipient', type: 'uscc' }, file('decision')] },
  donation_reversed: { group: 'correct', final: true, fields: [donation, part, why('never-received', 'entered-twice', 'entered-wrongly')] },
  acknowledgement_withdrawn: { group: 'correct', final: true, fields: [payment, amount, why('entered-wrongly', 'evidence-wrong')] },
  correction: { group: 'correct', final: true, fields: [{ name: 'about', type: 'count' }, why('entered-wrongly', 'evidence-wrong'), { name: 'words', type: 'words', max: 1000 }] },
  closed: { group: 'close', final: true, fields: [why('purpose-reached', 'plan-ended', 'merged')] },
};

/** A fund of its own. @type {Field[]} */
export const FUND_FIELDS = [
  { name: 'title', type: 'both' },
  { name: 'project', type: 'text', optional: true, in: 'restriction', label: 'only-project' },
  { name: 'purpose', type: 'text', optional: true, in: 'restriction', label: 'only-purpose' },
  { name: 'plan', type: 'filing', optional: true },
  { name: 'since', type: 'day', optional: true, label: 'fund-since' },
  { name: 'item', type: 'text', optional: true, max: 60, in: 'unit' },
  { name: 'unit', type: 'text', optional: true, max: 20, in: 'unit' },
];

const FLAGS = ['anonymous', 'publish_name', 'publish_amount', 'publish_contact', 'group', 'directed'];
/** @type {Field[]} */
const DONOR = [
  { name: 'donor_type', type: 'choice', choices: ['1', '2'], initial: '1', section: 'donor' },
  { name: 'donor_name', type: 'text', max: 60, optional: true },
  { name: 'donor_contact', type: 'text', max: 100, optional: true },
  { name: 'donor_ref', type: 'text', optional: true },
  ...FLAGS.map((name) => /** @type {Field} */ ({ name, type: 'flag' })),
];
/** @type {Field[]} */
const RECEIPT = [
  { name: 'receipt_status', section: 'receipt', type: 'choice', choices: ['ISSUED', 'WAIVED', 'ANONYMOUS_RECORDED'], initial: 'WAIVED' },
  { name: 'receipt_code', type: 'text', max: 8, optional: true },
  { name: 'receipt_number', type: 'text', max: 10, optional: true },
];
/** @type {Field[]} */
const HOW = [
  { name: 'received_on', type: 'day', section: 'how' },
  { name: 'channel', type: 'text', max: 60 },
  { name: 'handler', type: 'text', max: 60 },
  { name: 'bank_reference', type: 'text', optional: true },
  { name: 'agreement_no', type: 'text', optional: true },
  { name: 'pledge_no', type: 'count', optional: true },
];

/** One donation; columns of certs/charity/intake.py. @param {boolean} goods @returns {Field[]} */
export const donationFields = (goods) => [
  { name: 'donation_no', type: 'text' },
  ...(goods
    ? /** @type {Field[]} */ ([{ name: 'quantity', type: 'amount' }, { name: 'fair_value_fen', type: 'money' }, { name: 'fair_value_basis', type: 'choice', choices: ['1', '2', '3'] }])
    : /** @type {Field[]} */ ([
      { name: 'currency', type: 'choice', choices: ['CNY', 'USD', 'EUR', 'HKD', 'GBP', 'JPY'], initial: 'CNY' },
      { name: 'amount_fen', type: 'money', optional: true },
      { name: 'foreign_amount', type: 'text', max: 20, optional: true },
      { name: 'rate', type: 'text', max: 20, optional: true },
      { name: 'rate_per', type: 'choice', choices: ['1', '100'], optional: true },
    ])),
  ...HOW, ...DONOR, ...RECEIPT,
];

/** @type {Field[]} */
const TERMS = /** @type {Field[]} */ ([
  { name: 'title', type: 'both' },
  { name: 'purpose', type: 'words', max: 1000, label: 'plan-purpose' },
  { name: 'use', type: 'words', max: 1000 },
  { name: 'surplus', type: 'words', max: 1000 },
  { name: 'starts_on', type: 'day', ahead: true },
  { name: 'ends_on', type: 'day', ahead: true },
  { name: 'region', type: 'region' },
  { name: 'platforms', type: 'usccs', optional: true },
  { name: 'partners', type: 'usccs', optional: true },
  { name: 'individuals', type: 'count', initial: '0' },
  { name: 'target', type: 'money', optional: true, label: 'target-money' },
  { name: 'cost', type: 'money', optional: true },
]).map((field) => ({ ...field, in: 'terms' }));
/** @type {Field} */
const filing = { name: 'filing_no', type: 'filing' };
/** @type {Field} */
const ended = { name: 'ended_on', type: 'day' };
/** @type {Field} */
const because = { name: 'reason', type: 'words', max: 1000 };
/** @type {Field[]} */
const BUDGET = ['direct_aid', 'service', 'fundraising', 'admin'].map((name) => ({ name, type: 'yuan', in: 'budget', initial: '0' }));
const RULES = ['D2', 'D3', 'D4', 'D5', 'D6', 'D7', 'D8', 'D9', 'D10', 'D11', 'D12', 'D13', 'D14', 'D15', 'D16', 'D18', 'D19', 'D20', 'D23', 'D24'];

/** Events of the general book. @type {Record<string, Act>} */
export const REGISTER_ACTS = {
  registered: {
    group: 'charity', final: true,
    fields: [{ name: 'name', type: 'both' }, { name: 'form', type: 'number', choices: ['1', '2', '3'] }, { name: 'region', type: 'region' }, { name: 'registrar', type: 'both' }, { name: 'registered_on', type: 'day' }, { name: 'recognised_on', type: 'day' }],
  },
  registration_changed: { group: 'charity', final: true, fields: [{ name: 'name', type: 'both' }, { name: 'region', type: 'region' }, { name: 'registrar', type: 'both' }] },
  registration_ended: { group: 'charity', final: true, fields: [ended, because] },
  qualified: { group: 'charity', fields: [{ name: 'certificate_no', type: 'text' }, { name: 'valid_from', type: 'day' }, { name: 'valid_to', type: 'day', ahead: true, optional: true }] },
  qualification_ended: { group: 'charity', final: true, fields: [{ name: 'certificate_no', type: 'text' }, ended, because] },
  tax_eligible: { group: 'charity', fields: [{ name: 'first_year', type: 'count' }, { name: 'last_year', type: 'count' }] },
  plan_filed: { group: 'plans', final: true, fields: [filing, { name: 'filed_on', type: 'day' }, { name: 'emergency', type: 'text', optional: true }, ...TERMS] },
  plan_changed: { group: 'plans', final: true, fields: [filing, { name: 'filed_on', type: 'day' }, because, ...TERMS] },
  plan_ended: { group: 'plans', final: true, fields: [filing, ended, because] },
  project_opened: {
    group: 'projects',
    fields: [{ name: 'project', type: 'text' }, { name: 'title', type: 'both' }, { name: 'category', type: 'number', choices: ['1', '2', '3', '4', '5', '6'] }, { name: 'plans', type: 'filings', optional: true },
      { name: 'starts_on', type: 'day', ahead: true }, { name: 'ends_on', type: 'day', ahead: true, optional: true }, ...BUDGET],
  },
  project_changed: {
    group: 'projects',
    fields: [{ name: 'project', type: 'text' }, { name: 'title', type: 'both' }, { name: 'plans', type: 'filings', optional: true }, { name: 'ends_on', type: 'day', ahead: true, optional: true }, ...BUDGET, because],
  },
  project_ended: { group: 'projects', final: true, fields: [{ name: 'project', type: 'text' }, ended, { name: 'surplus', type: 'yuan', label: 'surplus-amount', initial: '0' }] },
  disclosed: {
    group: 'disclose', final: true,
    fields: [{ name: 'rule', type: 'choice', choices: RULES }, { name: 'subject', type: 'text' }, { name: 'period', type: 'period', optional: true }, { name: 'channel', type: 'number', choices: ['1', '2', '3', '4'], label: 'disclosed-to' },
      file('document'), { name: 'published_on', type: 'day' }, { name: 'url', type: 'url', optional: true }],
  },
  correction_note: {
    group: 'disclose', final: true,
    fields: [{ name: 'about', type: 'count' }, { name: 'effect', type: 'number', choices: ['1', '2'] }, because, { ...file('document'), optional: true }, { name: 'published_on', type: 'day' }],
  },
  emergency_began: { group: 'emergency', fields: [{ name: 'emergency', type: 'text' }, { name: 'title', type: 'both' }, { name: 'began_on', type: 'day' }] },
  emergency_ended: { group: 'emergency', final: true, fields: [{ name: 'emergency', type: 'text' }, ended] },
  figures: {
    group: 'year',  final: true,
    fields: [{ name: 'year', type: 'count' }, ...['income', 'deferred', 'released', 'spending', 'charitable', 'admin', 'fundraising', 'net_assets'].map((name) => /** @type {Field} */ ({ name, type: 'yuan', label: `year-${name}` })),
      { name: 'audited', type: 'flag' }, file('report')],
  },
  transaction: {
    group: 'year', final: true,
    fields: [{ name: 'number', type: 'text', label: 'transaction_no' }, { name: 'what', type: 'number', choices: ['1', '2', '3', '4', '5', '6', '7', '8'] }, { name: 'amount', type: 'money' }, { name: 'happened_on', type: 'day' },
      { name: 'major', type: 'flag' }, { name: 'party', type: 'digest', optional: true }, { name: 'board', type: 'votes', optional: true }, { name: 'money', type: 'number', choices: ['1', '2', '3'], label: 'whose-money' }],
  },
  related_party: {
    group: 'related', final: true,
    fields: [{ name: 'name', type: 'text', max: 120, label: 'related-name' }, { name: 'relation', type: 'number', choices: ['1', '2', '3', '4', '5', '6', '7', '8'] }, { name: 'important', type: 'flag' }, { name: 'since', type: 'day' }],
  },
  related_party_ended: { group: 'related', final: true, fields: [{ name: 'party', type: 'digest' }, ended] },
  trust: {
    group: 'trust', final: true,
    fields: [{ name: 'number', type: 'text', label: 'trust_no' }, { name: 'role', type: 'number', choices: ['1', '2'] }, { name: 'title', type: 'both' }, { name: 'trustee', type: 'both' }, { name: 'amount', type: 'money' }, { name: 'set_up_on', type: 'day' }],
  },
  trust_ended: { group: 'trust', final: true, fields: [{ name: 'number', type: 'text', label: 'trust_no' }, ended] },
};
