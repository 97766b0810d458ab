/** Files that a person chooses, or drops anywhere on the window. */
import { byId } from './dom.js';

/** @param {(files: File[]) => void} take */
export function wireFiles(take) {
  byId('file').addEventListener('change', () => {
    const files = [...(byId('file').files ?? [])];
    byId('file').value = ''; // so that the same file can be chosen again after a problem
    if (files.length) take(files);
  });
  for (const type of ['dragover', 'dragleave', 'drop']) {
    // on the whole window: a file dropped beside the box must not replace the page
    window.addEventListener(type, (event) => {
      event.preventDefault();
      byId('drop').classList.toggle('over', type === 'dragover');
    });
  }
  window.addEventListener('drop', (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length) take(files);
  });
}

/** Whether this browser has all that the page needs: the note that it has not started goes, or stays for good. */
export function started() {
  if ('timeout' in AbortSignal && 'createImageBitmap' in globalThis) byId('unstarted').remove();
  else byId('unstarted').classList.remove('late');
}
