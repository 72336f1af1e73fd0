"""Worked solutions of the course's questions, for reading and for measuring against.

| module | question | what it shows |
|---|---|---|
| `svd` | q01 | a matrix of low rank in place of a large one |
| `pca` | q02 | the direction along which points vary most |
| `stochastic_gradient` | q03 | gradients of all samples, of one, of a batch; their scatter |
| `gradient_descent` | q04 | a fixed rate, when it descends, a training loop |
| `optimisers` | q05 | SGD, momentum, AdaGrad, RMSProp and Adam, step by step |
| `losses` | q06 | softmax with its Jacobian, cross entropy, squared error, KL |
| `activations` | q07, q09, q11 | activation functions and their derivatives |
| `properties` | q07, q11 | what can be claimed about an activation, and how to measure it |
| `formula` | q11 | values of a formula that somebody typed, never run as code |
| `zigzag` | q08 | why inputs of one sign make weights zig-zag |
| `cnn` | q10 | convolution, pooling and a dense head, from scratch |
| `data` | q10 | the digits that the network is trained on |
| `train` | q10 | `python -m reference.train`: the whole run, with its pictures |
| `design` | q11 | x erf(x): its paper, and `python -m reference.design`, the experiments |
| `cpp` | q12 | the network in C++ |
"""
