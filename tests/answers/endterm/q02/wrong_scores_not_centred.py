# loses: q02-direction-test
# The points themselves are projected, not their differences from the mean.
# %% q02-data
data_mean = points.mean(axis=0)
data_covariance = np.cov(points, rowvar=False)
w, v = np.linalg.eigh(data_covariance)
data_explained = w[1] / sum(w)
data_direction = v[:, 1]
data_scores = points @ data_direction
