/** The charities' page: wires views, language and the address. It asks nothing and keeps nothing but the language. */
import { byId } from '../page/dom.js';
import { Page } from './page.js';
import { charity } from './view-charity.js';
import { fund } from './view-fund.js';
import { list } from './view-list.js';
import { project } from './view-project.js';

/** @returns {'zh' | 'en'} */
function storedLanguage() {
  try {
    return localStorage.getItem('language') === 'en' ? 'en' : 'zh';
  } catch {
    return 'zh'; // storage may be forbidden
  }
}

const page = new Page({ list, charity, fund, project }, storedLanguage());
page.words();
byId('language').addEventListener('click', () => {
  page.lang = page.lang === 'zh' ? 'en' : 'zh';
  try {
    localStorage.setItem('language', page.lang);
  } catch {
    // the choice then lasts as long as the page
  }
  page.words();
  page.draw();
});
byId('retry').addEventListener('click', () => void page.open());
addEventListener('hashchange', () => {
  if (location.hash !== '#main') void page.open(); // the link that skips to the content is no place
});
byId('unstarted').remove();
void page.open();
