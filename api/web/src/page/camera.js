/** The camera, until a code that is wanted is seen or the person stops. Frames stay in this page. */

const PAUSE = 60; // milliseconds between frames: leaves the phone some air

export class Camera {
  /** @param {HTMLVideoElement} video @param {import('./decoder.js').Decoder} decoder @param {(text: string) => boolean} wanted */
  constructor(video, decoder, wanted) {
    this.video = video;
    this.decoder = decoder;
    this.wanted = wanted;
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {object | null} */
    this.opening = null;
  }

  /** Opens the camera; throws DOMException if it may not or cannot. False: `close` was called while it was being asked for. */
  async open() {
    const opening = (this.opening = {});
    // browsers default to 640 x 480, on which the larger codes are not readable
    const video = { facingMode: { ideal: 'environment' }, width: { ideal: 1920, min: 640 }, height: { ideal: 1080 } };
    const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    if (this.opening !== opening) {
      stream.getTracks().forEach((track) => track.stop()); // permission came after the person had given up
      return false;
    }
    this.stream = stream;
    this.video.srcObject = stream;
    try {
      await this.video.play();
    } catch (error) {
      if (this.opening === opening) throw error; // else: interrupted by `close`
    }
    return this.opening === opening;
  }

  /**
   * The first code seen that is wanted, or null after `close`.
   * @param {(other: boolean) => void} seen told after each frame whether another kind of QR code was in view
   * @returns {Promise<string | null>}
   */
  async scan(seen) {
    const canvas = document.createElement('canvas');
    const { stream } = this;
    while (stream && this.stream === stream) {
      if (this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && this.video.videoWidth) {
        const texts = await this.decoder.frame(this.video, canvas);
        const code = texts.find(this.wanted);
        if (this.stream !== stream) return null;
        if (code) return code;
        seen(texts.length > 0);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    return null;
  }

  close() {
    this.opening = null;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
  }
}

/** Name of the problem that an error of `open` stands for. @param {unknown} error @returns {string} */
export function cameraProblem(error) {
  if (!navigator.mediaDevices) return 'camera-insecure';
  return error instanceof DOMException && error.name === 'NotAllowedError' ? 'camera-denied' : 'camera-missing';
}
