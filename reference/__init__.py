"""Worked solutions of the course's questions, for reading and for measuring against.

| module | question | what it shows |
|---|---|---|
| `svd` | q01 | a matrix of low rank in place of a large one |
| `pca` | q02 | the direction along which points vary most |
| `gradient_descent` | q04 | a fixed rate, when it descends, a training loop |
| `activations` | q09 | Swish and its derivative from f and sigma alone |
| `cnn` | q10 | convolution, pooling and a dense head, from scratch |
| `data` | q10 | the digits that the network is trained on |
| `train` | q10 | `python -m reference.train`: the whole run, with its pictures |
"""
