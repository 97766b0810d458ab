/**
 * QR symbols to text: the browser's own BarcodeDetector where it reads QR codes, else our bundled decoder in a worker,
 * loaded when it is first needed.
 */

/* global WORKER_URL: replaced by build.mjs with the address of the worker */
const LONGEST_SIDES = [1000, 1800, 600, 2600]; // pixels; tried in this order on a picture
const ANSWER_TIMEOUT = 20000; // milliseconds

/** @typedef {{detect(source: CanvasImageSource | ImageBitmap): Promise<{rawValue: string}[]>}} Detector */

/** @returns {Promise<Detector | null>} */
async function nativeDetector() {
  const Native = /** @type {any} */ (globalThis).BarcodeDetector;
  try {
    const formats = Native ? await Native.getSupportedFormats() : [];
    return formats.includes('qr_code') ? new Native({ formats: ['qr_code'] }) : null;
  } catch {
    return null; // present but broken (a flag, a missing system library): the bundled decoder takes over
  }
}

/** The decoder could not be loaded or gives no answer: that says nothing about the picture. */
export class DecoderError extends Error {}

/** @type {string | null} one policy of a name is allowed in the page's life, so what it made is kept */
let trustedUrl = null;

/** The address is ours and fixed at build time; the policy lets nothing else become a worker. */
function workerUrl() {
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (!types) return WORKER_URL;
  trustedUrl ??= types.createPolicy('mz-worker', { createScriptURL: () => WORKER_URL }).createScriptURL('');
  return /** @type {any} */ (trustedUrl);
}

export class Decoder {
  constructor() {
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {Promise<Detector | null> | null} */
    this.native = null;
    this.serial = 0;
  }

  /** Texts of the symbols in a frame of the camera. @param {HTMLVideoElement} video @param {HTMLCanvasElement} canvas @returns {Promise<string[]>} */
  async frame(video, canvas) {
    const found = await this.detect(video);
    if (found) return found;
    return this.bundled(draw(canvas, video, video.videoWidth, video.videoHeight, 1280));
  }

  /** Texts of the symbols in a picture. @param {ImageBitmap} picture @returns {Promise<string[]>} */
  async picture(picture) {
    const found = await this.detect(picture);
    if (found?.length) return found;
    const canvas = document.createElement('canvas');
    const longest = Math.max(picture.width, picture.height);
    const sides = longest <= LONGEST_SIDES[0] ? [longest, longest * 2] : LONGEST_SIDES.filter((s) => s <= longest || s === 1000);
    for (const side of sides) {
      const texts = await this.bundled(draw(canvas, picture, picture.width, picture.height, side));
      if (texts.length) return texts;
    }
    return [];
  }

  /** Null if there is no native detector. @param {HTMLVideoElement | ImageBitmap} source @returns {Promise<string[] | null>} */
  async detect(source) {
    this.native ??= nativeDetector();
    const detector = await this.native;
    if (!detector) return null;
    try {
      return (await detector.detect(source)).map((symbol) => symbol.rawValue);
    } catch {
      this.native = Promise.resolve(null);
      return null;
    }
  }

  /** Rejects with DecoderError. @param {ImageData} image @returns {Promise<string[]>} */
  bundled(image) {
    const worker = (this.worker ??= new Worker(workerUrl()));
    const id = ++this.serial;
    const { width, height, data } = image;
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        worker.removeEventListener('message', answered);
        worker.removeEventListener('error', failed);
      };
      const answered = (/** @type {MessageEvent} */ event) => {
        if (event.data.id !== id) return;
        settle();
        resolve(event.data.text === null ? [] : [event.data.text]);
      };
      const failed = () => {
        settle();
        worker.terminate(); // a worker that failed once never answers: the next picture gets a new one
        if (this.worker === worker) this.worker = null;
        reject(new DecoderError());
      };
      const timer = setTimeout(failed, ANSWER_TIMEOUT);
      worker.addEventListener('message', answered);
      worker.addEventListener('error', failed);
      worker.postMessage({ id, width, height, data }, [data.buffer]);
    });
  }
}

/**
 * @param {HTMLCanvasElement} canvas @param {CanvasImageSource} source @param {number} width @param {number} height
 * @param {number} side longest side wanted, pixels
 */
function draw(canvas, source, width, height, side) {
  const scale = side / Math.max(width, height);
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));
  context.fillStyle = '#fff'; // a transparent picture stands on paper
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
