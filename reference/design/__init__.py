"""The design of an activation function, and the experiments that judge it (question q11).

| module | what it holds |
|---|---|
| `activations` | ReLU, GELU, x erf(x), alpha x erf(x), Swish with beta, as layers |
| `networks` | a classifier, a dense autoencoder, a convolutional autoencoder in two forms |
| `experiments` | one training run: its settings, its training, its measure on unseen pictures |
| `workers` | several runs at a time |
| `results` | runs, kept as JSON |
| `report` | their table and their plot |
| `__main__` | `python -m reference.design`: all combinations |

`paper.md` is the paper; `results/` holds what the full run measured.
"""
