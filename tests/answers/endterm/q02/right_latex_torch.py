# Exact values in LaTeX, direction from the two by two formula, pca_1d in PyTorch with a named tuple.
# %% q02-data
data_mean = np.array([32, 34]) / 4
moved = points - data_mean
sxx, syy = moved[:, 0] @ moved[:, 0] / 3, moved[:, 1] @ moved[:, 1] / 3
sxy = moved[:, 0] @ moved[:, 1] / 3
data_covariance = np.array([[sxx, sxy], [sxy, syy]])
angle = 0.5 * np.arctan2(2 * sxy, sxx - syy)
data_direction = np.array([np.cos(angle), np.sin(angle)])
data_scores = moved @ data_direction
data_explained = data_scores.var(ddof=1) / (sxx + syy)
# %% q02-eigenvalues
eigenvalues_exact = (r"\frac{37+\sqrt{565}}{2}", r"18.5 - \frac{1}{2}\sqrt{565}")
# %% q02-pca
from collections import namedtuple

import torch

Principal = namedtuple("Principal", "mean direction scores explained")


def pca_1d(X):
    X = torch.as_tensor(X, dtype=torch.float64)
    mean = X.mean(0)
    centred = X - mean
    cov = centred.T @ centred
    values, vectors = torch.linalg.eigh(cov)
    w = vectors[:, torch.argmax(values)]
    w = w / w.norm()
    return Principal(mean, w, centred @ w, float(values.max() / torch.trace(cov)))
