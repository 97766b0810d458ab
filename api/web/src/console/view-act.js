/** Recording one event of a fund or of the general book; opening a fund. */
import { FUND_ACTS, FUND_FIELDS, OWN_NUMBER, REGISTER_ACTS } from './acts.js';
import { draftOf } from './form.js';
import { today } from './parts.js';
import { drawForm } from './sending.js';

/** @typedef {import('../keyed/app.js').App} App @typedef {import('../keyed/app.js').View} View */

/** @type {View} */
export const act = {
  tab: 'home',
  title: (app, _, { kind }) => app.t(`act-${kind}`),
  async load(app, { book, kind }) {
    const wanted = FUND_ACTS[kind].fields.map((field) => field.type);
    const [fund, reserved, paid, funds] = await Promise.all([
      app.service.fund(book),
      wanted.includes('payment') ? app.service.payments(book, 'reserved') : [],
      wanted.includes('payment') ? app.service.payments(book, 'paid') : [],
      wanted.includes('fund') ? app.service.funds() : [],
    ]);
    return { unit: fund.unit, fund, funds, payments: [...reserved, ...paid] };
  },
  draw(app, data, args) {
    const { book, kind, values } = args;
    const name = `${book}/${kind}`;
    const { fields, final = false, fixed = {} } = FUND_ACTS[kind];
    return drawForm(app, {
      name, final, fields: [...fields, OWN_NUMBER], context: { ...data, today: today(app) }, draft: draftOf(app, name, values),
      send: (ref, { own_number: own, ...found }) => app.service.record(book, own ?? ref, { kind, ...fixed, ...found }),
      done: ({ seq, no }) => app.back(kind === 'pledged' ? 'recorded-pledge' : 'recorded', undefined, { n: String(seq), no: String(no) }),
    }, args);
  },
};

/** @type {View} */
export const entry = {
  tab: 'register',
  title: (app, _, { kind }) => app.t(`act-${kind}`),
  draw(app, _, args) {
    const { kind, values } = args;
    const name = `general/${kind}`;
    const { fields, final = false, fixed = {} } = REGISTER_ACTS[kind];
    return drawForm(app, {
      name, final, fields: [...fields, OWN_NUMBER], context: { unit: null, today: today(app) }, draft: draftOf(app, name, values),
      send: (ref, { own_number: own, ...found }) => app.service.register(own ?? ref, { kind, ...fixed, ...found }),
      done: ({ seq, party }) => app.back(party ? 'recorded-party' : 'recorded', undefined, { n: String(seq), party: party ?? '' }),
    }, args);
  },
};

/** @type {View} */
export const openFund = {
  tab: 'home',
  title: (app) => app.t('open-fund'),
  draw: (app, _, args) => drawForm(app, {
    name: 'open-fund', fields: FUND_FIELDS, final: true, context: { unit: null, today: today(app) }, draft: draftOf(app, 'open-fund'),
    send: (ref, found) => app.service.openFund({ ref, ...found, unit: found.unit.item === null && found.unit.unit === null ? null : found.unit }),
    done: ({ book }) => void app.replace('fund', { book }),
  }, args),
};
