// Golden vectors in JavaScript: every checksum, value and gradient of the cases, every trace of an MLP, step by step.
//
//     swref crosscheck --export vectors && node vectors_example.js vectors/1
'use strict';
const crypto = require('crypto'), fs = require('fs'), path = require('path');

// An .npz front to back: {name: {shape, data}}, numbers as floats, text as a string.
function npz(b) {
  const arrays = {};
  for (let at = 0; at + 30 <= b.length && b.readUInt32LE(at) === 0x04034b50;) {
    const size = b.readUInt32LE(at + 18), named = b.readUInt16LE(at + 26), start = at + 30 + named + b.readUInt16LE(at + 28);
    const name = b.toString('utf8', at + 30, at + 30 + named).replace('.npy', '');
    arrays[name] = npy(b.subarray(start, start + size));
    at = start + size;
  }
  return arrays;
}

function npy(b) {
  const begin = 10 + b.readUInt16LE(8), header = b.toString('latin1', 10, begin);
  const type = /'descr': '([^']*)'/.exec(header)[1];
  const shape = /'shape': \(([^)]*)\)/.exec(header)[1].split(',').filter((s) => s.trim()).map(Number);
  if (type.startsWith('<U')) return b.subarray(begin).toString('utf16le').replace(/\0/g, '');
  const read = { '<f8': (k) => b.readDoubleLE(k), '<f4': (k) => b.readFloatLE(k), '<i8': (k) => Number(b.readBigInt64LE(k)) };
  if (!read[type]) return null; // half precision
  const width = Number(type[2]), data = new Float64Array(shape.reduce((a, s) => a * s, 1));
  for (let k = 0; k < data.length; k++) data[k] = read[type](begin + k * width);
  return { shape, data };
}

const stable = (a) => Array.from(a.keys()).sort((i, j) => a[i] - a[j] || i - j);

// SW_p^p and its gradients dx, dy: flat x [n, d], y [m, d], theta [L, d]; weights [n], [m].
function sw(x, y, theta, d, p, wx, wy) {
  const n = x.length / d, m = y.length / d, L = theta.length / d;
  const dx = new Float64Array(n * d), dy = new Float64Array(m * d);
  let value = 0;
  for (let l = 0; l < L; l++) {
    const th = theta.subarray(l * d, l * d + d);
    const along = (z) => Float64Array.from({ length: z.length / d }, (_, i) => th.reduce((s, t, k) => s + t * z[i * d + k], 0));
    const px = along(x), py = along(y), s = stable(px), t = stable(py);
    // Uniform weights in units of 1 / (n m), so that levels are exact.
    const unit = wx ? 1 : 1 / (n * m), a = (i) => (wx ? wx[s[i]] : m), b = (j) => (wx ? wy[t[j]] : n);
    for (let i = 0, j = 0, left = a(0), right = b(0); i < n && j < m;) {
      const mass = Math.min(left, right), D = px[s[i]] - py[t[j]], w = unit * mass / L;
      const slope = D === 0 ? 0 : w * p * Math.abs(D) ** (p - 1) * Math.sign(D);
      value += w * Math.abs(D) ** p;
      for (let k = 0; k < d; k++) { dx[s[i] * d + k] += slope * th[k]; dy[t[j] * d + k] -= slope * th[k]; }
      const moveX = left <= right;
      left -= mass; right -= mass;
      if (moveX) { if (++i < n) left += a(i); } else if (++j < m) right += b(j);
    }
  }
  return { value, dx, dy };
}

const ACTIVATIONS = {
  identity: [(z) => z, () => 1],
  tanh: [Math.tanh, (z) => 1 - Math.tanh(z) ** 2],
  relu: [(z) => Math.max(z, 0), (z) => Number(z > 0)],
  softplus: [(z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))), (z) => 1 / (1 + Math.exp(-z))],
};

// out [n, d] of an MLP, and phi [d_u] as a function of the gradient in out.
function mlp(net, u, x) {
  const n = x.length / net.sizes[0], layers = [];
  let h = x, at = 0;
  for (let k = 1; k < net.sizes.length; k++) {
    const p = net.sizes[k - 1], q = net.sizes[k], bias = at + p * q, z = new Float64Array(n * q);
    const [act, slope] = ACTIVATIONS[k + 1 < net.sizes.length ? net.activation : net.output_activation];
    for (let i = 0; i < n; i++) for (let c = 0; c < q; c++) {
      z[i * q + c] = u[bias + c];
      for (let r = 0; r < p; r++) z[i * q + c] += h[i * p + r] * u[at + r * q + c];
    }
    layers.push({ h, z, p, q, at, bias, slope });
    h = z.map(act);
    at = bias + q;
  }
  const backward = (gradient) => {
    const phi = new Float64Array(u.length);
    for (const { h, z, p, q, at, bias, slope } of layers.reverse()) {
      const before = new Float64Array(n * p);
      for (let i = 0; i < n; i++) for (let c = 0; c < q; c++) {
        const g = gradient[i * q + c] * slope(z[i * q + c]);
        phi[bias + c] += g;
        for (let r = 0; r < p; r++) { phi[at + r * q + c] += g * h[i * p + r]; before[i * p + r] += g * u[at + r * q + c]; }
      }
      gradient = before;
    }
    return phi;
  };
  return { out: h, backward };
}

const RULES = {
  sgd: () => (phi) => phi,
  momentum: () => { let m; return (phi) => (m = phi.map((g, k) => g + (m ? 0.9 * m[k] : 0))); },
  adam: () => {
    let m, s, t = 0;
    return (phi) => {
      t++;
      m = phi.map((g, k) => 0.1 * g + (m ? 0.9 * m[k] : 0));
      s = phi.map((g, k) => 0.001 * g * g + (s ? 0.999 * s[k] : 0));
      return m.map((a, k) => a / (1 - 0.9 ** t) / (Math.sqrt(s[k] / (1 - 0.999 ** t)) + 1e-8));
    };
  },
};

function trace(f) {
  const net = JSON.parse(f.network), T = f.loss.data.length, row = (name, t) => {
    const size = f[name].data.length / f[name].shape[0];
    return f[name].data.subarray(t * size, t * size + size);
  };
  const [alpha, noise, radius, p] = ['alpha', 'noise', 'radius', 'p'].map((name) => f[name].data[0]);
  const rule = RULES[f.rule]();
  let u = row('u', 0);
  for (let t = 0; t < T; t++) {
    const { out, backward } = mlp(net, u, row('x', t));
    const v = rule(backward(sw(out, row('y', t), row('theta', t), f.theta.shape[2], p).dx));
    u = u.map((a, k) => a - alpha * v[k] + (noise ? alpha * noise * row('xi', t)[k] : 0));
    const scale = Math.min(1, radius / Math.hypot(...u)), wanted = row('u', t + 1);
    u = u.map((a) => a * scale);
    if (!u.every((a, k) => Math.abs(a - wanted[k]) <= f.tolerance.data[t + 1])) return `leaves the trace at step ${t + 1}`;
  }
  return '';
}

function points(entry, f) {
  const weights = (name, size) => (f[name] ? f[name].data : new Float64Array(size).fill(1 / size));
  const given = f.x_weights || f.y_weights, [n, d] = f.x.shape;
  const wx = given && weights('x_weights', n), wy = given && weights('y_weights', f.y.shape[0]);
  const got = sw(f.x.data, f.y.data, f.theta.data, d, entry.p, wx, wy);
  if (!(f.low.data[0] <= got.value && got.value <= f.high.data[0])) return `value ${got.value}, expected ${f.value.data[0]}`;
  for (const name of entry.unique_gradient ? ['dx', 'dy'] : []) {
    const tolerance = f[`${name}_tolerance`].data;
    if (!got[name].every((a, k) => Math.abs(a - f[name].data[k]) <= tolerance[k])) return `${name} is wrong`;
  }
  return '';
}

const folder = process.argv[2], counts = { points: 0, gradients: 0, trace: 0 };
const wrong = [];
for (const entry of JSON.parse(fs.readFileSync(path.join(folder, 'manifest.json'))).cases) {
  const bytes = fs.readFileSync(path.join(folder, entry.file)), f = npz(bytes);
  if (crypto.createHash('sha256').update(bytes).digest('hex') !== entry.sha256) wrong.push(`${entry.name}: checksum`);
  const taken = entry.kind === 'trace' ? entry.network.name === 'MLP' : entry.expect === 'answer' && f.x;
  if (!taken) continue;
  const problem = entry.kind === 'trace' ? trace(f) : points(entry, f);
  if (problem) wrong.push(`${entry.name}: ${problem}`);
  counts[entry.kind]++;
  counts.gradients += Number(entry.unique_gradient === true);
}
console.log(wrong.concat(JSON.stringify(counts)).join('\n'));
process.exit(wrong.length ? 1 : 0);
