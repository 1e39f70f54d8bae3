// Numbers: how they are written, and the functions that the table's rules compute with.
//
// The functions bear the names of the operations and give what the language gives: IEEE's answers, whatever the
// numbers. Where JavaScript's own differ from those (a power of 1, the sign of a remainder), that is put right here.

const WHOLE_LIMIT = 1e15; // whole numbers up to here are written bare
const SMALL = 1e-4; // outside of these, numbers are written as 1.2346e+06
const LARGE = 1e6;

/** A number as the language prints it: at most four digits after the point. */
function show(x) {
  if (x === true || x === false) return String(x);
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  const size = Math.abs(x);
  if (size <= WHOLE_LIMIT && Number.isInteger(x)) return String(x === 0 ? 0 : x);
  if (size >= SMALL && size < LARGE) return fourDigits(x);
  const [digits, exponent] = x.toExponential(4).split("e");
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

/** Four digits after the point, halves to the even digit: toFixed rounds them up. Only odd 32nds are halves there. */
function fourDigits(x) {
  if (Math.abs(x * 32) % 2 !== 1) return x.toFixed(4);
  const below = Math.floor(x * 10000);
  return ((below % 2 === 0 ? below : below + 1) / 10000).toFixed(4);
}

/** Without zeros at the end, as formulas write numbers. */
function bare(x) {
  const text = show(x);
  return text.includes(".") && !text.includes("e") ? text.replace(/\.?0+$/, "") : text;
}

/** All the digits. */
function exact(x) {
  return typeof x === "number" && Number.isFinite(x) ? String(x) : show(x);
}

/** A number of the page's data, where those that JSON lacks are texts. */
function parsed(x) {
  return typeof x === "string" ? { nan: NaN, inf: Infinity, "-inf": -Infinity }[x] : x;
}

// ── the functions of the rules ──────────────────────────────────────────────

const { abs, exp, log, log1p, sqrt, sin, cos, tan, tanh, floor } = Math;

const div = (x, y) => x / y;
const minimum = (x, y) => (x <= y || x !== x ? x : y);
const maximum = (x, y) => (x >= y || x !== x ? x : y);
const where = (condition, x, y) => (condition ? x : y);
const sign = (x) => (x > 0 ? 1 : x < 0 ? -1 : x === 0 ? 0 : x);

/** What the rules chose since somebody set it to "": "y" and "n" in order. */
let choices = "";

/** The `where` of a rule itself, on which formulas hang. */
function choose(condition, x, y) {
  choices += condition ? "y" : "n";
  return condition ? x : y;
}

function pow(x, y) {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return Math.pow(x, y);
}

/** The remainder has the sign of the divisor. */
function mod(x, y) {
  const rest = x % y;
  if (rest !== 0) return rest < 0 !== y < 0 ? rest + y : rest; // also for nan
  return y < 0 ? -0 : 0;
}

function floordiv(x, y) {
  if (y === 0) return x / y;
  let rest = x % y;
  let quotient = (x - rest) / y;
  if (rest !== 0 && rest < 0 !== y < 0) quotient -= 1;
  if (quotient === 0) return Object.is(x / y, -0) || x / y < 0 ? -0 : 0;
  const whole = Math.floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

/** To the nearest whole number, halves to the even one. */
function round(x) {
  if (!Number.isFinite(x)) return x;
  const below = Math.floor(x);
  const rest = x - below;
  const whole = rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
  return whole === 0 && (x < 0 || Object.is(x, -0)) ? -0 : whole;
}

/** The complement of the error function: a series near 0, a continued fraction further out. */
function erfc(x) {
  if (Number.isNaN(x)) return x;
  if (x < 0) return 2 - erfc(-x);
  if (x > 27) return 0;
  const scale = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x < 2) {
    let term = 2 * x;
    let sum = term;
    for (let n = 1; Math.abs(term) > 1e-18 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - scale * sum;
  }
  let fraction = x;
  for (let n = 120; n > 0; n--) fraction = x + n / 2 / fraction;
  return scale / fraction;
}
