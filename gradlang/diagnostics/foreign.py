"""Words of Python, NumPy, PyTorch, JAX and other languages, and what is written here instead.

Data alone; `suggest.foreign` reads it. Invariant: no key is a keyword or a
builtin of gradlang, except those in `DELIBERATE`, which come up where the word
is used as another language would use it. Hints speak gradlang, and only of
what it has.
"""

from __future__ import annotations

DELIBERATE = frozenset({"var"})  # a reduction here; elsewhere `var x = 1` declares a name

_LIBRARIES = """
    np numpy torch jnp jax lax math tf tensorflow keras nn F optim functional linalg
    scipy sklearn cupy mx paddle autograd micrograd tinygrad flax optax Math plt pyplot matplotlib pd pandas
    console System fmt os sys
"""

# Parts of libraries, whose names mean something else where they stand alone.
ROOMS = frozenset({"random", "special", "out", "init"})

# What other languages print with.
PRINTING = frozenset(
    "console.log console.error console.info System.out.println System.out.print fmt.Println fmt.Print".split()  # noqa: SIM905
)

# What makes a tensor of numbers elsewhere; here the numbers in brackets are one.
TENSORS = frozenset({"array", "asarray", "tensor", "Tensor", "as_tensor", "from_numpy"})

# Makes a function elsewhere when it is called; here the function is there.
MADE_BY_CALL = {
    "ReLU": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid", "GELU": "gelu", "LeakyReLU": "leaky_relu",
    "CrossEntropyLoss": "cross_entropy", "MSELoss": "mse_loss", "BCELoss": "binary_cross_entropy",
}  # fmt: skip

# Another name for the very same thing: putting ours in its place is all there is to do.
_RENAMED = {
    "True TRUE": "true",
    "False FALSE": "false",
    "None null nil NULL undefined": "none",
    "elif elseif elsif": "else if",
    "NaN NA": "nan",
    "Infinity Inf INFINITY infinity": "inf",
    "π PI M_PI Pi": "pi",
    "ln": "log",
    "fabs absolute": "abs",
    "sgn signum": "sign",
    "logistic expit": "sigmoid",
    "amax": "max",
    "amin": "min",
    "average": "mean",
    "stddev stdev": "std",
    "variance": "var",
    "product": "prod",
    "clip": "clamp",
    "concat concatenate": "cat",
    "expand_dims": "unsqueeze",
    "view": "reshape",
    "identity": "eye",
    "rand_int": "randint",
    "permutation": "randperm",
    "seed set_seed": "manual_seed",
    "length": "len",
    "println puts echo disp": "print",
    "stop_gradient StopGradient": "detach",
    "mean_squared_error mse": "mse_loss",
    "Adam": "adam",
    "SGD": "sgd",
    "MLP": "mlp",
    "Linear": "linear",
    "read_csv loadtxt genfromtxt": "load_csv",
}

# Said in another way, or not at all.
_OTHERWISE = {
    # definitions and declarations
    "def fn fun func function": "a function is written `f(x) = x * 2`, or `f(x) = { ... }` over several lines",
    "lambda": "a function without a name is written `x -> x * 2` or `(x, y) -> x * y`",
    "let var val": "a name needs no declaration: write `x = 1`; what is trained is declared with `param w = 1`",
    "const auto": "a name needs no declaration: write `x = 1`",
    "global nonlocal": "a function cannot rebind an outer name: return the new value, as in `count = step(count)`",
    "class struct self this": "there are no classes: a function that declares a `param` and returns a function is one",
    "new": "call it without `new`: `model = mlp(2, [16, 1])`",
    "from include require using": "write `import utils`, and use its names as `utils.f`",
    # control
    "then switch match case": "write `if x > 0 { ... } else if x < 0 { ... } else { ... }`",
    "unless": "write `if not done { ... }`",
    "begin end": "a block is written `{ ... }`",
    "pass": "an empty block is written `{ }`",
    "do until": "write `while not done { ... }`",
    "loop repeat": "write `for i in range(10) { ... }` or `while true { ... }`",
    "foreach": "write `for x in xs { ... }`",
    "with": "write the lines of its block alone",
    "try except catch": "errors cannot be caught: test beforehand with `if`",
    "raise throw assert": 'write `if x < 0 { print("x is negative") }`',
    "del": "names cannot be deleted; bind something small instead: `x = none`",
    "yield": "return a list: `[f(x) for x in xs]`",
    "async await": "everything runs in order: leave it out",
    "exit quit": "a program ends after its last line; `return` leaves a function, `break` a loop",
    # operators
    "is equal": "compare with `x == y`; `(x == y).all()` is true when all elements are equal",
    "allclose": "write `(abs(x - y) < 1e-6).all()`",
    "array_equal": "write `(x == y).all()`",
    "logical_not": "write `not x`; it works element by element",
    "logical_and": "write `x and y`; it works element by element",
    "logical_or": "write `x or y`; it works element by element",
    "xor logical_xor": "write `a != b`",
    "mod fmod remainder": "a remainder is written `x % y`",
    "div floor_divide": "division that rounds down is written `x // y`",
    "add": "write `x + y`",
    "subtract sub": "write `x - y`",
    "multiply mul": "write `x * y`",
    "divide": "write `x / y`",
    "negative neg": "write `-x`",
    "dot matmul mm mv inner vdot": "the product of vectors or matrices is written `x @ y`",
    "bmm": "the product of matrices, also of many at once, is written `x @ y`",
    "outer": "write `unsqueeze(x, 1) * unsqueeze(y, 0)`",
    "einsum": "write it with `@`, `transpose` and `sum`",
    # numbers
    "pow power": "a power is written `x**y`",
    "square": "a square is written `x**2`",
    "rsqrt": "write `1 / sqrt(x)`",
    "reciprocal": "write `1 / x`",
    "exp2": "write `2**x`",
    "expm1": "write `exp(x) - 1`",
    "log1p": "write `log(1 + x)`",
    "log2": "write `log(x) / log(2)`",
    "log10": "write `log(x) / log(10)`",
    "sinh": "write `(exp(x) - exp(-x)) / 2`",
    "cosh": "write `(exp(x) + exp(-x)) / 2`",
    "hypot": "write `sqrt(x**2 + y**2)`",
    "arctan atan atan2 arcsin asin arccos acos": "of the functions of angles there are `sin`, `cos`, `tan` and `tanh`",
    "isnan": "only nan differs from itself: write `x != x`",
    "ceil": "write `-floor(-x)`",
    "trunc fix": "write `sign(x) * floor(abs(x))`",
    "float double float64": "there is one number type, and this is it: leave it out",
    "float32 half dtype": "there is one number type; `--dtype float32` runs a program in single precision",
    "int long": "there is one number type; `floor(x)` or `round(x)` make a number whole",
    "bool": "write `x != 0`",
    "astype": "there is one number type: leave it out",
    # making tensors and lists
    "array asarray tensor Tensor as_tensor from_numpy": "a tensor is written `[1, 2, 3]`, a matrix `[[1, 2], [3, 4]]`",
    "seq": "`range(a, b)` counts from a up to b, without b; `linspace(a, b, n)` divides a stretch",
    "c": "a tensor is written `[1, 2, 3]`, a list `[a, b, c]`",
    "list": "a list is written `[a, b, c]`; `[f(x) for x in xs]` makes one from another",
    "tuple": "a tuple is written `(a, b)`",
    "dict": "there are no dictionaries: use a name for each value, or a tuple",
    "set": "there are no sets: use a list",
    "vstack": "write `cat([x, y], dim=0)`, or `stack([x, y])` for vectors",
    "hstack": "write `cat([x, y], dim=1)`, or `cat([x, y])` for vectors",
    "column_stack": "write `stack([x, y], dim=1)`",
    "fill fill_ full_like": "write `full` with the shape and the number",
    "zeros_like": "write `x * 0`",
    "ones_like": "write `x * 0 + 1`",
    "empty": "write `zeros(n)`",
    "normal rand_normal": "write `randn(n) * deviation + middle`",
    "uniform": "write `low + (high - low) * rand(n)`",
    "random": "`rand(n)` makes uniform random numbers, `randn(n)` normal ones",
    "shuffle": "write `x[randperm(len(x))]`",
    "pop": "`xs[:-1]` is a list without its last element, and `xs[-1]` that element",
    "push extend insert": "`append` makes a longer list: `xs = append(xs, x)`",
    "filter": "write `[x for x in xs if x > 0]`",
    "reduce": "use a loop, or `sum`, `prod`, `max`, `min`",
    # shapes and elements
    "permute": "`transpose(x, 0, 1)` exchanges two dimensions; `x.T` is enough for a matrix",
    "swapaxes moveaxis": "write `transpose(x, 0, 1)`, or `x.T` for a matrix",
    "t": "write `x.T`",
    "flatten ravel": "write `x.reshape(-1)`",
    "size": "write `x.shape`, or `len(x)` for the length of the first dimension",
    "numel": "write `len(x.reshape(-1))`",
    "dim": "the number of dimensions is `x.ndim`",
    "tile expand broadcast_to": "operations repeat by themselves what is too short; else multiply by `ones`",
    "gather": "write `x[rows, columns]`",
    "index_select": "write `x[indices]`",
    "masked_select": "write `x[mask]`",
    "masked_fill": "write `where(mask, number, x)`",
    "select": "write `where(condition, x, y)`",
    "sort": "write `sorted(x)`",
    "contiguous": "leave it out: there is nothing to rearrange",
    "clone copy deepcopy": "leave it out: values never change, so none needs a copy",
    "tolist": "leave it out; `detach(x)` is the same numbers without a graph",
    "cuda cpu to device": "leave it out: values live on no device",
    # learning
    "Value Variable": "every number has a gradient: write `x = 2.0`",
    "Parameter requires_grad requires_grad_": "every number has a gradient; to train one, write `param w = 2.0`",
    "zero_": "leave it out: `backward` sets gradients anew",
    "add_ sub_ mul_ div_ copy_": "a parameter is moved by `w -= 0.1 * w.grad` or `w.data = x`",
    "no_grad inference_mode": "`w -= 0.1 * w.grad` records nothing; elsewhere `detach(x)` stops gradients",
    "enable_grad retain_graph": "leave it out: gradients are always there",
    "grad_fn": '`draw(x, "x.svg")` draws where a value came from',
    "Module ModuleList": "a layer is a function that declares a `param` and returns a function; many are a list",
    "Sequential": "write `mlp(2, [16, 1])`, or call one layer on the other: `outer(inner(x))`",
    "Neuron": "write `linear(n, 1)`",
    "Layer Dense": "write `linear(n_in, n_out)`",
    "train eval": "leave it out: a model has no modes",
    "forward": "call the model itself: `model(x)`",
    "ReLU Relu": "activations are functions: `relu(x)`",
    "LeakyReLU": "activations are functions: `leaky_relu(x)`",
    "GELU": "activations are functions: `gelu(x)`",
    "Tanh": "activations are functions: `tanh(x)`",
    "Sigmoid": "activations are functions: `sigmoid(x)`",
    "Softmax": "activations are functions: `softmax(x)`",
    "silu swish": "write `x * sigmoid(x)`",
    "CrossEntropyLoss": "losses are functions: `cross_entropy(scores, targets)`",
    "nll_loss NLLLoss": "write `cross_entropy(scores, targets)`, with the scores that go into `log_softmax`",
    "MSELoss": "losses are functions: `mse_loss(prediction, target)`",
    "BCELoss": "losses are functions: `binary_cross_entropy(prediction, target)`",
    "l1_loss L1Loss": "write `abs(prediction - target).mean()`",
    "hinge_loss": "write `relu(1 - y * score).mean()`, with targets y of -1 and 1",
    "hessian": "for a function of one number, write `grad(grad(f))`",
    "vjp": "write `grad(f)`, or `grad(y, x)` for values",
    "jit compile": "leave it out: nothing has to be compiled by hand",
    "vmap": "operations work on whole tensors; else write `[f(x) for x in xs]`",
    "DataLoader": "write `for Xb, yb in batches(X, y, 32) { ... }`",
    # programs
    "input": "a program asks no questions: bind the value to a name, or read it with `load_csv`",
    "open": "`load_csv` reads numbers, `load` a saved model",
    "printf": 'write `print(f"{x:.3f}")`',
    "format sprintf paste": 'write `f"{x:.3f}"`',
    "library source": "write `import utils`, and use its names as `utils.f`",
    "type typeof isinstance instanceof": "a program asks for no kinds; `x.shape` tells how many numbers there are",
    "sleep": "leave it out: a program does not wait",
}

# Arguments of the same meaning.
_ARGUMENTS = {
    "learning_rate step_size eta": "lr",
    "keepdims keep_dims": "keepdim",
    "axes dims dimension": "dim",
    "betas": "beta1",
    "epsilon": "eps",
    "l2 decay": "weight_decay",
}

# Arguments that nothing has here.
_NO_ARGUMENT = {
    "device": "leave it out: values live on no device",
    "dtype": "leave it out: there is one number type",
    "requires_grad": "leave it out: every number has a gradient; to train one, write `param w = 2.0`",
    "reduction": "a loss is a mean; times the number of its elements it is a sum",
    "inplace out": "values never change: bind the result to a name",
    "size": "sizes stand by themselves: `randn(2, 3)`",
    "end flush file": "each `print` writes one line; an f-string joins what belongs on it",
    "create_graph retain_graph": "leave it out: `grad(y, x)` can be differentiated again",
    "num_workers pin_memory": "leave it out: a program runs in one piece",
}

LIBRARIES = frozenset(_LIBRARIES.split())
RENAMED = {name: ours for names, ours in _RENAMED.items() for name in names.split()}
OTHERWISE = {name: text for names, text in _OTHERWISE.items() for name in names.split()}
ARGUMENTS = {name: ours for names, ours in _ARGUMENTS.items() for name in names.split()}
NO_ARGUMENT = {name: text for names, text in _NO_ARGUMENT.items() for name in names.split()}
