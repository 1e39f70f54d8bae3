"""Small programs whose loops a backend may run, one rule each: what the recorder has to see, refuse, or bring back.

ALL holds a program by name; those in INTERPRETED must be left to the
interpreter, each for a reason that is in its own lines.
"""

from __future__ import annotations

ALL: dict[str, str] = {}

ALL["moons"] = """\
manual_seed(5)
X, half = make_moons(100, noise=0.1)
sign_ = 2 * half - 1
net = mlp(2, [16, 16, 1])
cost(net, X, t) = {
  out = net(X)[:, 0]
  hinge = (1 - t * out).relu().mean()
  hits = ((out > 0) == (t > 0)).mean()
  return hinge + 1e-4 * sum([(q * q).sum() for q in parameters(net)]), hits
}
for step in range(200) {
  loss, hits = cost(net, X, sign_)
  backward(loss)
  rate = 1.0 - 0.9 * step / 200
  for q in parameters(net) { q -= rate * q.grad }
  if step % 10 == 0 { print(step, loss, hits) }
}
print(loss, hits); backward(loss)
"""

ALL["xor"] = """\
manual_seed(11)
rows = [[0, 0], [0, 1], [1, 0], [1, 1]]
want = [0, 1, 1, 0]
net = mlp(2, [4, 1], activation=sigmoid, output=sigmoid)
for pass_ in range(300) {
  for r in randperm(4) {
    err = (net(rows[r])[0] - want[r])**2
    backward(err)
    for q in parameters(net) { q -= 1.0 * q.grad }
  }
}
for row, t in zip(rows, want) { print(row, net(row)[0], t) }
print(err, r, pass_, rand(1))
"""

ALL["lecture"] = """\
manual_seed(2)
net = mlp(3, [4, 4, 1], activation=tanh, output=tanh)
ins = [[1.0, -2.0, 0.5], [0.0, 1.0, 1.0], [2.0, 2.0, -1.0], [-1.0, 0.5, 0.5]]
outs = [-1, 1, 1, -1]
for turn in range(100) {
  miss = ((net(ins)[:, 0] - outs)**2).sum()
  backward(miss)
  for q in parameters(net) { q -= 0.05 * q.grad }
  if turn % 25 == 0 { print(turn, miss) }
}
print(miss, net(ins)[:, 0])
"""

ALL["newton"] = """\
g(u) = u**4 - 2*u**3 - u
d1 = grad(g); d2 = grad(d1)
u = 50000.0
for i in range(80) {
  delta = d1(u) / d2(u)
  u = u - delta
  if abs(delta) < 1e-9 { break }
}
print(u, i, d1(u), d2(u), delta)
"""

ALL["total_item"] = """\
param u = 4.0
acc = 10
for s in range(300) { cost = (u + 1)**2; backward(cost); u -= 0.1 * u.grad; acc += 0.5 * cost.item() }
print(u, acc, cost, s)
"""

ALL["total_history"] = """\
param u = 4.0
acc = 10
for s in range(60) { cost = (u + 1)**2; backward(cost); u -= 0.1 * u.grad; acc += 0.5 * cost }
backward(acc)
print(u, acc, u.grad)
"""

ALL["chain_named"] = """\
p = 0.7; q = 1.1; z = p
for k in range(25) { z = 0.5 * z * q + p }
backward(z)
print(z, p.grad, q.grad)
"""

ALL["chain_unnamed"] = """\
y = 1.0
for i in range(50) { y = y * 1.01 }
backward(y)
print(y)
"""

ALL["paths"] = """\
param u = 5.0
seen = 0
for s in range(700) {
  e = (u + 1)**2
  backward(e)
  u -= 0.04 * u.grad
  if s % 100 == 37 { seen += 2; snap = e }
}
print(seen, u, snap)
backward(snap)
print(u.grad)
"""

ALL["data_paths"] = """\
param w = 0.0
flips = 0; best = 1e9
for s in range(400) {
  loss = (w - 2)**2 + 0.3 * sin(s)
  backward(loss)
  w -= 0.05 * w.grad
  if loss.item() < best { best = loss.item(); at = s } else { flips += 1 }
}
print(flips, best, at, w)
"""

ALL["momentum"] = """\
param u = [3.0, -2.0]
opt = sgd([u], lr=0.05, momentum=0.8)
for s in range(300) { e = (u * u).sum() + 0.1 * u[0]; backward(e); opt.step() }
print(u, u.grad, e)
"""

ALL["early_stop"] = """\
param w = 0.0
for s in range(1000) {
  loss = (w - 2)**2
  if loss < 1e-5 { break }
  backward(loss)
  w -= 0.05 * w.grad
}
print(s, w, loss, w.grad)
"""

ALL["stop_at_top"] = """\
param w = 0.0
loss = (w - 2)**2
for s in range(1000) {
  if loss < 1e-5 { break }
  loss = (w - 2)**2
  backward(loss)
  w -= 0.05 * w.grad
}
backward(loss)
print(s, w, loss, w.grad)
"""

ALL["minibatch"] = """\
manual_seed(1)
X = randn(64, 3); t = X @ [1.0, -2.0, 0.5]
param w = zeros(3)
for epoch in range(40) {
  for b in range(8) {
    xb = X[b*8 : b*8+8]; tb = t[b*8 : b*8+8]
    loss = ((xb @ w - tb)**2).mean()
    backward(loss)
    w -= 0.1 * w.grad
  }
}
print(w, loss)
"""

ALL["minibatch_long"] = """\
manual_seed(1)
X = randn(1000, 3); t = X @ [1.0, -2.0, 0.5]
param w = zeros(3)
for epoch in range(5) {
  perm = randperm(1000)
  for b in range(250) {
    idx = perm[b*4 : b*4+4]
    loss = ((X[idx] @ w - t[idx])**2).mean()
    backward(loss)
    w -= 0.01 * w.grad
  }
  print(epoch, loss, rand(1))
}
print(w, loss)
"""

ALL["random_input"] = """\
manual_seed(7)
param w = zeros(3)
for s in range(300) {
  x = randn(3)
  loss = ((w - 1) @ x)**2
  if loss < 1e-4 { print("small", s, loss) }
  backward(loss)
  w -= 0.1 * w.grad
}
print(w, rand(2))
"""

ALL["closure"] = """\
layer(n, m, act) = {
  param K = randn(n, m) * 0.3
  param c = zeros(m)
  z -> act(z @ K + c)
}
one = layer(3, 8, tanh); two = layer(8, 1, z -> z)
net(z) = two(one(z))
X = randn(20, 3); y = (X @ [[1.0], [2.0], [3.0]])
for s in range(100) {
  loss = ((net(X) - y)**2).mean()
  backward(loss)
  for q in parameters([one, two]) { q -= 0.05 * q.grad }
}
print(loss, net(X[0:2]))
"""

ALL["append"] = """\
trace = append([], 100)
param u = -3.0
for s in range(300) {
  e = (u - 1)**2
  backward(e)
  u -= 0.2 * u.grad
  trace = append(trace, e.item())
  trace = append(trace, u.item())
}
print(len(trace), trace[0], trace[1], trace[2], trace[-1])
"""

ALL["long_inner"] = """\
param w = 0.0
for e in range(4) {
  for s in range(3000) { loss = (w - e)**2; backward(loss); w -= 0.01 * w.grad }
  print(e, w, loss)
}
"""

ALL["in_function"] = """\
train(k) = {
  param w = 0.0
  for s in range(100) { loss = (w - k)**2; backward(loss); w -= 0.05 * w.grad }
  return w, loss
}
a, l = train(2); b, m = train(3)
print(a, l, b, m)
"""

ALL["no_param"] = """\
x = 3.0
for i in range(60) { loss = (x - 1)**2; backward(loss); x = x - 0.1 * x.grad }
print(x, loss, x.grad == 0)
"""

ALL["grad_before"] = """\
x = 3.0
loss = (x - 1)**2; backward(loss)
for i in range(60) { x = x - 0.1 * x.grad; loss = (x - 1)**2; backward(loss) }
print(x, loss, x.grad)
"""

ALL["pair"] = """\
st = (1.0, 0.5)
for i in range(50) { st = (st[0] * 0.9 + st[1], st[1] * 0.5) }
print(st[0], st[1])
"""

ALL["shifted"] = """\
a = 1.0; b = 1.0
for i in range(30) { pp = a; a = b; b = (a * 0.5).item() + 0.1 * pp.item() }
print(a, b, pp)
"""

ALL["shifted_history"] = """\
pp = 1.0; p = 1.0; c = 1.0
for i in range(30) { pp = p; p = c; c = c * 1.01 }
backward(c)
print(c, p.grad, pp.grad)
"""

ALL["alias_const"] = """\
param w = 1.0
v = w
for i in range(50) { loss = (w - v - 2)**2; backward(loss); w -= 0.1 * w.grad }
print(w, v, loss, w.grad)
"""

ALL["alias_names"] = """\
y = 1.0; z = y
for i in range(50) { y = (y * 0.9 + 0.2 * z).item() }
print(y, z)
"""

ALL["leaf_grad"] = """\
w = 2.0
param v = 1.0
for i in range(50) { loss = (v * w - 3)**2; backward(loss); v -= 0.01 * w.grad }
print(v, w.grad, v.grad)
"""

ALL["stale_grad"] = """\
param a = 1.0
param b = 1.0
for i in range(90) {
  if i % 9 == 8 {
    loss = (b - 3)**2
    backward(loss)
    b -= 0.1 * (b.grad + a.grad) } else { loss = (a - 2)**2
    backward(loss)
    a -= 0.1 * a.grad
  }
}
print(a, b, a.grad, b.grad)
"""

ALL["kept_history"] = """\
y = 1.0
for i in range(40) { y = y * 1.01; if i == 20 { kept = y } }
backward(y)
print(y, kept.grad)
"""

ALL["while_inner"] = """\
param w = 8.0
for i in range(60) {
  loss = w**2; backward(loss); step = 1.0
  while (w - step * w.grad)**2 > loss { step = step / 2 }
  w -= 0.1 * step * w.grad
}
print(w, step)
"""

ALL["mask_str"] = """\
param w = 1.0
for i in range(30) { loss = w**2; backward(loss); w -= 0.1 * w.grad; s = "loss " + str(loss) }
print(s)
"""

ALL["trials"] = """\
for trial in range(3) {
  model = mlp(2, [4, 1], activation=tanh)
  X = [[0.0, 1.0], [1.0, 0.0]]
  for s in range(200) {
    loss = ((model(X)[:, 0] - 1)**2).mean()
    backward(loss)
    for p in parameters(model) { p -= 0.1 * p.grad }
  }
  print(trial, loss)
}
"""

ALL["twice"] = """\
param w = 1.0
f(s) = (w - s)**2
for s in range(80) { loss = f(3); backward(loss); w -= 0.1 * w.grad; acc = w.grad + 1 }
for s in range(80) { loss = f(1); backward(loss); w -= 0.1 * w.grad }
print(w, loss, acc)
"""

ALL["partial_batch"] = """\
X = randn(50, 2)
param w = zeros(2)
for e in range(5) {
  for b in range(0, 50, 8) { xb = X[b : b + 8]; loss = ((xb @ w - 1)**2).mean(); backward(loss); w -= 0.1 * w.grad }
}
print(w, loss)
"""

ALL["recurrence"] = """\
a = 0; b = 1
for i in range(30) { a, b = b, 0.5 * a + 0.5 * b }
backward(b)
print(a, b, a.grad)
"""

ALL["history_three"] = """\
a = 1.0; b = 1.0; c = 1.0
for i in range(30) { if i % 7 == 3 { print(a, b, c) }; a = b; b = c; c = c * 1.01 + a * 0 }
backward(c)
print(a.grad, b.grad)
"""

ALL["list_of_history"] = """\
y = 1.0; ys = []
for i in range(30) { y = y * 1.01; ys = append(ys, y) }
backward(y)
print(y, ys[3].grad)
"""

ALL["read_list"] = """\
ys = [2.0]
ys = append([], 2.0)
for i in range(30) { ys = append(ys, (ys[-1] * 0.9).item()) }
print(len(ys), ys[-1])
"""

ALL["closure_reads"] = """\
param w = 1.0
last = 0
peek() = last * 2
for i in range(50) { q = peek(); loss = (w - 2)**2 + 0 * q; backward(loss); w -= 0.1 * w.grad; last = loss.item() }
print(q, last, w)
"""

ALL["default_fn"] = """\
param w = 1.0
for i in range(50) { g(x, k=i) = (x - k)**2; loss = g(w); backward(loss); w -= 0.01 * w.grad; h = x -> x * i }
print(h(2), g(1), w, loss)
"""

ALL["string_state"] = """\
param w = 1.0
mode = "down"
for i in range(60) {
  loss = (w - 2)**2; backward(loss); w -= 0.1 * w.grad
  if i % 20 == 19 { mode = if mode == "down" { "up" } else { "down" } }
  if mode == "up" { w += 0.05 }
}
print(w, mode)
"""

ALL["shrink"] = """\
x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
for i in range(7) { x = x[0 : -1] * 1.5 }
print(x)
"""

ALL["nan_path"] = """\
param w = 1.0
for i in range(40) { loss = log(w); backward(loss); w -= 0.06 * w.grad; if loss != loss { n = i } else { ok = i } }
print(w, ok)
"""

ALL["noop_box"] = """\
param w = 1.0
param frozen = [1.0, 2.0]
for i in range(40) { loss = ((w - frozen)**2).sum(); backward(loss); w -= 0.1 * w.grad }
print(w, frozen.grad, loss)
backward((frozen * w).sum())
print(frozen.grad)
"""

ALL["data_set"] = """\
param w = 1.0
v = 0.0
for i in range(60) { loss = (w - 3)**2; backward(loss); v = (0.9 * v + w.grad).item(); w.data = w - 0.01 * v }
print(w, v, loss)
"""

ALL["grad_fn"] = """\
w = 1.0
f(a) = (a - 3)**2
for i in range(60) { w = (w - 0.1 * grad(f)(w)).item() }
print(w)
"""

ALL["second_order"] = """\
param w = 1.0
for i in range(60) { g = grad(x -> (x - w)**4)(0.5); loss = g**2; backward(loss); w -= 0.001 * w.grad }
print(w, g, loss)
"""

ALL["comprehension"] = """\
param w = 1.0
xs = [0.1, 0.2, 0.3]
for i in range(60) {
  ps = [w * x for x in xs]
  loss = sum([(p - 1)**2 for p in ps])
  backward(loss)
  w -= 0.1 * w.grad
}
print(w, ps, loss)
"""

ALL["over_tensor"] = """\
param w = zeros(2)
X = randn(50, 2)
for x in X { loss = ((w - 1) @ x)**2; backward(loss); w -= 0.1 * w.grad }
print(w, x, loss)
for x, t in zip(X, X @ [1.0, 2.0]) { loss = (w @ x - t)**2; backward(loss); w -= 0.1 * w.grad }
print(w, x, t, loss)
"""

ALL["break_mid"] = """\
param w = 0.0
for s in range(500) {
  loss = (w - 2)**2; backward(loss)
  g = w.grad
  if abs(g) < 0.001 { break }
  w -= 0.05 * g
}
print(s, w, g, loss, w.grad)
"""

ALL["error_later"] = """\
X = randn(40, 2)
param w = zeros(2)
for s in range(60) { loss = (w @ X[s] - 1)**2; backward(loss); w -= 0.1 * w.grad }
print(w)
"""

ALL["empty_inner"] = """\
param w = 0.0
for s in range(60) {
  m = s % 3
  for j in range(m) { loss = (w - j)**2; backward(loss); w -= 0.05 * w.grad }
}
print(w, loss, j)
"""

ALL["outer_reads_after"] = """\
param w = 0.0
best = 0
for e in range(3) {
  for s in range(200) { loss = (w - e)**2; backward(loss); w -= 0.05 * w.grad; if loss.item() < 0.5 { best = s } }
  print(e, best, w, s, loss)
}
"""

# The paths of most of these end or change in each pass; the others have pasts that somebody can still ask about.
INTERPRETED = {
    "total_history", "chain_named", "stop_at_top", "shifted_history", "mask_str", "recurrence", "history_three",
    "list_of_history", "read_list", "shrink", "empty_inner", "random_input",
}  # fmt: skip

# The hardest rules, each with what breaks without it.
EXACT: dict[str, str] = {}

EXACT["through the loop"] = """\
param w = 1.001; x = 2.0; y = x
for i in range(100) { y = y * w }
backward(y); print(w.grad, x.grad)
"""

EXACT["a sum of losses"] = """\
param w = 1.5; total = 0
for i in range(50) { total += (w - i)**2 }
backward(total); print(w.grad)
"""

EXACT["a name of the past"] = """\
y = 1.0
for i in range(50) { y = y * 1.01; if i == 20 { kept = y } }
backward(y); print(kept.grad)
"""

EXACT["two names"] = """\
a = 1.0; b = 2.0
for i in range(30) { a, b = b, a * 1.5 }
backward(a); print(a, b)
"""

EXACT["a tuple of the value before"] = """\
a = 1.0
for i in range(30) { t = (a, i); a = tanh(a + i).item() }
print(t, a)
"""

EXACT["a closure of the value before"] = """\
a = 1.0
for i in range(30) { g = x -> x * a; a = (a * 0.9).item() }
print(g(2), a)
"""

EXACT["true and false"] = """\
flag = true; n = 0
for i in range(40) { if flag { n += 1 } else { n += 2 }; flag = not flag }
print(n, flag)
"""

EXACT["draws of a broken loop"] = """\
for i in range(60) { x = rand(); if x > 0.95 { break } }
print(i, x, rand(3))
"""

EXACT["rows of a tensor"] = """\
X = randn(40, 2); param w = zeros(2)
for x in X { l = ((w - 1) @ x)**2; backward(l); w -= 0.1 * w.grad }
print(X.grad, w)
"""

EXACT["pairs"] = """\
X = randn(40, 2); t = randn(40); param w = zeros(2)
for x, y in zip(X, t) { l = (w @ x - y)**2; backward(l); w -= 0.1 * w.grad }
print(X.grad, t.grad, w)
"""

EXACT["batches"] = """\
X = randn(64, 2); t = randn(64); param w = zeros(2)
for e in range(6) {
for x, y in batches(X, t, 2) { l = ((x @ w - y)**2).mean(); backward(l); w -= 0.1 * w.grad }
}
print(w, l, rand(1))
"""

EXACT["a setting"] = """\
param w = 5.0; opt = sgd([w], lr=0.1)
for e in range(4) { opt.lr = 0.1 / (e + 1)
for s in range(70) { l = w**2 + s; backward(l); opt.step() } }
print(w, opt.lr)
"""

EXACT["adam"] = """\
net = mlp(2, [4, 1]); opt = adam(net, lr=0.01); X = randn(10, 2)
for s in range(80) { l = (net(X)**2).mean(); backward(l); opt.step() }
print(l, net(X))
"""

EXACT["gradients added up"] = """\
param w = 1.0; zero_grad(w)
for i in range(30) { backward(w * i, accumulate=true) }
print(w.grad)
"""

EXACT["an error in the middle"] = """\
x = [1.0, 2.0, 3.0]; s = 0
for i in range(50) { s = s + x[i % 3].item(); if i == 33 { x[7] } }
"""

EXACT["while"] = """\
x = 1.0; n = 0
while x < 1000 { x = (x * 1.05).item(); n += 1; last = x * 2 }
print(x, n, last)
"""

EXACT["nan"] = """\
x = 1.0; n = 0
for i in range(50) { x = log(x - 0.05).item(); if x != x { n = n + 1 } }
print(x, n)
"""

EXACT["an inner loop of data"] = """\
n = 1; s = 0
for i in range(60) { for j in range(n) { s = s + j }; n = 1 + i % 2 }
print(s, n, j)
"""

EXACT["text"] = """\
param w = 1.0; log = ""
for i in range(30) { w -= 0.1; log = f"{w:.2f}"; word = str(i) }
print(log, word)
"""

EXACT["a mask"] = """\
x = randn(20); s = 0
for i in range(30) { s = s + x[x > 0].sum().item() }
print(s)
"""

EXACT["a moving mask"] = """\
x = randn(20); s = 0
for i in range(30) { s = s + x[x > s].sum().item() - 1 }
print(s)
"""

EXACT["an old reading"] = """\
param w = 1.0; v = w
for i in range(40) { l = (w - v - 2)**2; backward(l); w -= 0.1 * w.grad }
print(w, v.grad, w.grad)
"""

EXACT["pairs that have a name"] = """\
X = randn(40, 2); t = randn(40); param w = zeros(2); pairs = zip(X, t)
for x, y in pairs { l = (w @ x - y)**2; backward(l); w -= 0.1 * w.grad }
print(pairs[20][0].grad, w)
"""

EXACT["an old reading in a list"] = """\
param w = 1.0; param u = 2.0; vs = [(w, 1), (u, 2)]
for i in range(50) { l = (w - vs[0][0] - 2)**2 + u; backward(l); w -= 0.1 * w.grad }
print(w, vs[0][0].grad, w.grad)
"""

EXACT["a name that only an activation reads"] = """\
s = 1.0; net = mlp(2, [3, 1], activation=x -> x * s); X = randn(4, 2)
for e in range(3) {
  s = 0.5 + e
  for k in range(80) { l = (net(X)**2).mean(); backward(l); for p in parameters(net) { p -= 0.01 * p.grad } }
}
print(l, s.grad)
"""

ALL["accumulated"] = """\
param w = [0.5, -0.3]; x = 2.0; y = 0.1
for e in range(60) {
  zero_grad(w)
  for k in range(3) { l = ((w * x - k)**2).sum() + y * x; backward(l, accumulate=true) }
  w -= 0.01 * w.grad
}
print(w, w.grad, x.grad, y.grad)
"""

ALL["never_zeroed"] = """\
param w = 0.5
l = w * w; backward(l)
for e in range(60) { l = (w - 3)**2; backward(l, accumulate=true); w -= 0.0001 * w.grad }
print(w, w.grad)
"""

ALL["mini_batches"] = """\
X = randn(40, 3); y = X.sum(1)
model = mlp(3, [4, 1], activation=tanh)
for epoch in range(40) {
  for xb, yb in batches(X, y, 4) {
    loss = ((model(xb)[:, 0] - yb)**2).mean(); backward(loss)
    for p in parameters(model) { p -= 0.05 * p.grad }
  }
  print(epoch, loss)
}
print(xb.grad, yb.grad)
"""

ALL["after_training"] = """\
w = 3.0; loss = (w - 2)**2; backward(loss)
n = 0
for i in range(300) { n += 1 }
print(n, w.grad)
"""

ALL["own_gradient"] = """\
f(a) = (a - 2)**2; df = grad(f); a = 0.5
for i in range(60) { a = a - 0.01 * df(a) }
print(a)
"""
