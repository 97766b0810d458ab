/** The charity's general book: what it is, its plans, projects and disclosures; and what is due. */
import { el } from '../page/dom.js';
import { REGISTER_ACTS } from './acts.js';
import { actGroups } from './parts.js';
import { maybe } from './service.js';
import { dueList } from './view-home.js';

/** @type {import('../keyed/app.js').View} */
export const register = {
  tab: 'register',
  title: (app) => app.t('register-title'),
  load: (app) => maybe(app.service.obligations(app.session.party.uscc)),
  draw: (app, obligations) => [
    el('p', {}, app.t('register-lead')),
    ...actGroups(app, REGISTER_ACTS, (kind) => app.go('entry', { kind })),
    el('h2', {}, app.t('due-title')),
    ...dueList(app, obligations),
  ],
};
