# Plain loops and lists; formulas in LaTeX; whole numbers by math.ceil; variance by the covariance of pairs.
# %% q03-gradients
def sample_gradient(X, y, w, i):
    residual = sum(X[i][j] * w[j] for j in range(len(w))) - y[i]
    return [residual * X[i][j] for j in range(len(w))]

def batch_gradient(X, y, w):
    total = [0.0] * len(w)
    for i in range(len(y)):
        for j, part in enumerate(sample_gradient(X, y, w, i)):
            total[j] += part / len(y)
    return total
# %% q03-unbiased
sample_derivative = r"w x^2 - x y"
expected_derivative = r"\frac{w (x_1^2 + x_2^2 + x_3^2) - x_1 y_1 - x_2 y_2 - x_3 y_3}{3}"
# %% q03-weight
weight = r"\frac{1}{N p}"
# %% q03-updates
import math

def updates(N, B, E):
    return sum(math.ceil(N / B) for epoch in range(E))
# %% q03-variance
def minibatch_variance(gradients, batch_size, replacement):
    N = gradients.shape[0]
    sigma2 = gradients.var(axis=0).sum()
    covariance = 0.0 if replacement else -sigma2 / (N - 1)
    return (batch_size * sigma2 + batch_size * (batch_size - 1) * covariance) / batch_size**2
# %% q03-decrease
expected_decrease = r"\eta g^2 - \frac{L \eta^2 g^2}{2} - \frac{L \eta^2 V}{2}"
