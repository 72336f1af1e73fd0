# A longer form with an addition and a multiplication more, and the table that belongs to it.
# %% q09-derivative
derivative = "1 - (1 - f)*(1 - sigma)"
# %% q09-operations
nothing = {"add": 0, "multiply": 0, "divide": 0, "exp": 0, "compare": 0}
operations = {
    "sigma": {**nothing, "add": 1, "divide": 1, "exp": 1},
    "f": {**nothing, "multiply": 1},
    "derivative": {**nothing, "add": 3, "multiply": 1},
    "relu_derivative": {**nothing, "compare": 1},
}
