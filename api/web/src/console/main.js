/** The charity's console. */
import { start } from '../keyed/start.js';
import { LOGIN_VIEWS } from '../keyed/view-login.js';
import { Service } from './service.js';
import { TEXTS } from './texts.js';
import { act, entry, openFund } from './view-act.js';
import { donate, find, receipt } from './view-donate.js';
import { files, reconcile, report } from './view-files.js';
import { fund } from './view-fund.js';
import { home } from './view-home.js';
import { register } from './view-register.js';

const views = { ...LOGIN_VIEWS, home, fund, act, entry, openFund, donate, receipt, find, files, report, reconcile, register };

void start({ store: 'mz-console', role: 'charity', views, texts: TEXTS, service: (client) => new Service(client) });
