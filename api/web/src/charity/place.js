/** What stands behind `#`: nothing, a charity's code, a fund's book, or a project of a fund. Anything else is the list. */

/** @typedef {{view: 'list'} | {view: 'charity', uscc: string} | {view: 'fund', book: string} | {view: 'project', book: string, project: string}} Place */

/** @param {string} hash as in location.hash @returns {Place} */
export function placeOf(hash) {
  const [first, rest] = split(hash.replace(/^#/, ''));
  if (/^[0-9A-HJ-NPQRTUWXY]{18}$/.test(first)) return { view: 'charity', uscc: first };
  if (!/^[0-9a-f]{32}$/.test(first)) return { view: 'list' };
  const project = rest && decoded(rest);
  return project ? { view: 'project', book: first, project } : { view: 'fund', book: first };
}

/** @param {string} text */
function split(text) {
  const at = text.indexOf('/');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** @param {string} text @returns {string} empty if it is no text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return '';
  }
}

/** @param {string} book @param {string} [project] */
export function address(book, project) {
  return project ? `#${book}/${encodeURIComponent(project)}` : `#${book}`;
}
