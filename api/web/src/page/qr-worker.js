/** Worker: one picture in, the text of its QR symbol or null out. */
import { decodeQR } from 'qr/decode.js';

self.addEventListener('message', (/** @type {MessageEvent} */ event) => {
  const { id, width, height, data } = event.data;
  let text = null;
  try {
    text = decodeQR({ width, height, data });
  } catch {
    // the decoder throws for "no symbol here": an ordinary answer for most frames of a camera
  }
  self.postMessage({ id, text });
});
