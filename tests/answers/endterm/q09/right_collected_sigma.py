# The other way to collect; names with their argument; Greek letter.
# %% q09-derivative
derivative = "σ(x) + f(x)*(1 - σ(x))"
# %% q09-operations
operations = {name: dict.fromkeys(["add", "multiply", "divide", "exp", "compare"], 0) for name in ["sigma", "f", "derivative", "relu_derivative"]}
operations["sigma"].update(exp=1, add=1, divide=1)
operations["f"]["multiply"] = 1
operations["derivative"].update(add=2, multiply=1)
operations["relu_derivative"]["compare"] = 1
