/**
 * SM2 signature verification (GB/T 32918.2-2016) with the id 1234567812345678 (GM/T 0009).
 *
 * Takes messages only. A verify on a caller's digest would accept existential forgeries: for any (r, s) there is a
 * digest that fits.
 */
import { be32, concat, toBigInt, utf8 } from './bytes.js';
import { sm3 } from './sm3.js';
import { shortCurve } from './weierstrass.js';

const PARAMETERS = {
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  h: 1n,
  a: 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
};
/** The curve itself, for the holder's page, which signs. */
export const CURVE = shortCurve(PARAMETERS);
const TABLES_FROM_USE = 3; // one check needs a key once or twice: tables would cost more than they save

const ID = utf8('1234567812345678');
const Z_PREFIX = concat(
  Uint8Array.of(0, 8 * ID.length), ID,
  be32(PARAMETERS.a), be32(PARAMETERS.b), be32(PARAMETERS.Gx), be32(PARAMETERS.Gy),
);

export class Sm2PublicKey {
  /** @param {any} point @param {Uint8Array} z */
  constructor(point, z) {
    this.point = point;
    this.z = z;
    this.uses = 0;
    this.tables = false;
  }

  /** Throws TypeError if it is not a point of the curve. @param {Uint8Array} public65 */
  static parse(public65) {
    const point = CURVE.parsePoint(public65);
    return new Sm2PublicKey(point, sm3(concat(Z_PREFIX, public65.subarray(1))));
  }

  /** Tables of window 4 for the generator and this key: a third of the time from then on, for some 30 ms once. */
  precompute() {
    CURVE.base.precompute(4, false);
    this.point.precompute(4, false);
    this.tables = true;
  }

  /** Malformed signatures are false, never an exception. @param {Uint8Array} signature @param {Uint8Array} message */
  verify(signature, message) {
    const rs = CURVE.parseSignature(signature);
    if (!rs) return false;
    const [r, s] = rs;
    const { n } = CURVE;
    const t = (r + s) % n;
    if (t === 0n) return false;
    if (++this.uses === TABLES_FROM_USE) this.precompute();
    const sum = this.tables
      ? CURVE.base.multiplyUnsafe(s).add(this.point.multiplyUnsafe(t))
      : CURVE.base.mulAddUnsafe(s, this.point, t);
    if (sum.is0()) return false;
    const e = toBigInt(sm3(concat(this.z, message)));
    return (e + sum.toAffine().x) % n === r;
  }
}
